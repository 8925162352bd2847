"""The portal's addresses, app by app; tests and users rely on them."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from vre_portal import health, robots, sitemap, theme

handler403 = "projects.requests.refusal.refused"
handler404 = "projects.lifecycle.missing.not_found"
handler500 = "vre_portal.failing.failed"
urlpatterns = [
    path("robots.txt", robots.robots, name="robots"),
    path("sitemap.xml", sitemap.index, name="sitemap-index"),
    path("sitemap-<slug:source>-<int:number>.xml", sitemap.page, name="sitemap"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("status.json", health.status_json, name="status-json"),
    path("status/", health.status, name="status"),
    path("api/", include("vre_portal.api.urls")),
    path("theme/", theme.choose, name="theme"),
    path("accounts/", include("vre_portal.iam.sign_in.urls")),
    path("me/", include("vre_portal.iam.urls")),
    path("me/kept/", include("vre_portal.form_drafts.urls")),
    path("me/recent/", include("vre_portal.recent.urls")),
    path("me/allowances/", include("vre_portal.allowances.urls")),
    path("me/tokens/", include("vre_portal.iam.personal_tokens.urls")),
    path("me/services/", include("vre_portal.iam.stored.urls")),
    path("", include("vre_portal.iam.profiles.urls")),
    path("stop-switches/", include("vre_portal.stop_switches.urls")),
    path("banners/", include("vre_portal.banners.urls")),
    path("audit/", include("vre_portal.audit.urls")),
    path("about/edit/", include("vre_portal.site_texts.urls")),
    path("", include("projects.landing.urls")),
    path("notices/", include("vre_portal.notices.mail.urls")),
    path("news/", include("projects.news.urls")),
    path("projects/<slug:slug>/news/", include("projects.news.project_urls")),
    path("notices/", include("vre_portal.notices.urls")),
    path("projects/<slug:slug>/settings/webhooks/", include("projects.webhooks.urls")),
    path("notices/webhooks/", include("vre_portal.notices.webhooks.urls")),
    path("search/", include("vre_portal.search.urls")),
    path("", include("vre_portal.documentation.urls")),
    path("", include("vre_portal.policies.urls")),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("dashboard/", include("projects.workflows.mine_urls")),
    path("projects/new/", include("projects.start.urls")),
    path("projects/<slug:slug>/lifecycle/", include("projects.lifecycle.urls")),
    path("dashboard/", include("projects.notebooks.mine_urls")),
    path("dashboard/", include("datalake.uploads.mine_urls")),
    path("", include("projects.urls")),
    path("projects/<slug:slug>/workflows/", include("projects.workflows.urls")),
    path("projects/<slug:slug>/notebook-pages/", include("projects.workflows.notebook_pages.urls")),
    path("projects/<slug:slug>/results/", include("projects.workflows.results.urls")),
    path("projects/<slug:slug>/activity/", include("projects.activity.urls")),
    path("projects/<slug:slug>/notebooks/", include("projects.notebooks.urls")),
    path("", include("projects.requests.urls")),
    path("onboarding/", include("projects.onboarding.urls")),
    path("projects/<slug:slug>/plan/", include("projects.onboarding.plan_urls")),
    path("plans/", include("projects.onboarding.shared_urls")),
    path("notebooks/", include("projects.notebooks.return_urls")),
    path("basket/", include("projects.baskets.urls")),
    path("", include("projects.baskets.esap_urls")),
    path("datalake/", include("datalake.access.urls")),
    path("datalake/<slug:lake>/upload/", include("datalake.uploads.urls")),
    path("datalake/", include("datalake.index.urls")),
    path("datalake/", include("datalake.urls")),
    path("catalog/software/", include("catalog.software.urls")),
    path("catalog/environments/", include("catalog.environments.urls")),
    path("datalake/<slug:lake>/", include("datalake.operations.urls")),
]

if settings.DEBUG:
    from vre_portal import styleguide

    urlpatterns += [path("styleguide/", styleguide.show, name="styleguide")]
