"""Addresses of notices."""

from django.urls import path

from vre_portal.notices.views import feed, following, inbox, settings

app_name = "notices"
urlpatterns = [
    path("", inbox.index, name="index"),
    path("<int:pk>/", inbox.notice, name="notice"),
    path("mark/", inbox.mark, name="mark"),
    path("undo/", inbox.undo, name="undo"),
    path("unread/", inbox.unread, name="unread"),
    path("settings/", settings.settings, name="settings"),
    path("settings/feed/renew/", settings.feed_renew, name="feed-renew"),
    path("settings/feed/revoke/", settings.feed_revoke, name="feed-revoke"),
    path("follow/", following.follow, name="follow"),
    path("following/", following.index, name="following"),
    path("following/<int:pk>/unfollow/", following.unfollow, name="unfollow"),
    path("following/undo/", following.follow_again, name="follow-again"),
    path("feed/<str:secret>.atom", feed.feed, name="feed"),
]
