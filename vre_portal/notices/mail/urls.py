"""Addresses of notices by e-mail, below /notices/."""

from django.urls import path

from vre_portal.notices.mail import views

app_name = "notices_mail"
urlpatterns = [
    path("mail/", views.mail_settings, name="settings"),
    path("mail/change/", views.change, name="change"),
    path("mail/queue/", views.queue_page, name="queue"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
