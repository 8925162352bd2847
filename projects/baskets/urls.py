"""Addresses of baskets."""

from django.urls import path

from projects.baskets import adding_views, basket_views, dataset_views, item_views, launch_views, page_views, share_views, target_views

app_name = "baskets"
urlpatterns = [
    path("", page_views.detail, name="detail"),
    path("add/", adding_views.add, name="add"),
    path("remove/", adding_views.remove, name="remove"),
    path("button/", adding_views.button, name="button"),
    path("undo/", item_views.undo, name="undo"),
    path("new/", basket_views.new, name="new"),
    path("shared/<str:secret>/", share_views.shared, name="shared"),
    path("shared/<str:secret>/copy/", share_views.copy, name="shared-copy"),
    path("shared/<str:secret>/as/<str:key>/", target_views.shared_target, name="shared-target"),
    path("as/<str:key>/", target_views.current_target, name="current-target"),
    path("<int:pk>/", page_views.basket, name="basket"),
    path("<int:pk>/manage/", basket_views.manage, name="manage"),
    path("<int:pk>/items/", item_views.items, name="items"),
    path("<int:pk>/items/<int:item>/note/", item_views.note, name="note"),
    path("<int:pk>/edit/", basket_views.edit, name="edit"),
    path("<int:pk>/choose/", basket_views.choose, name="choose"),
    path("<int:pk>/clear/", basket_views.clear, name="clear"),
    path("<int:pk>/delete/", basket_views.delete, name="delete"),
    path("<int:pk>/as/", target_views.targets, name="targets"),
    path("<int:pk>/as/message/link/", target_views.link, name="target-link"),
    path("<int:pk>/as/launch/", launch_views.launch, name="launch"),
    path("<int:pk>/as/dataset/", dataset_views.choose, name="dataset-choose"),
    path("<int:pk>/as/dataset/<str:lake>/", dataset_views.dataset, name="dataset"),
    path("<int:pk>/as/dataset/<str:lake>/space/", dataset_views.space, name="dataset-space"),
    path("<int:pk>/as/<str:key>/", target_views.use, name="target"),
    path("<int:pk>/share/", share_views.share, name="share"),
    path("<int:pk>/share/<int:link>/revoke/", share_views.revoke, name="revoke"),
]
