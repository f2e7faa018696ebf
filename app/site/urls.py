from django.urls import include, path

from app.site import campaigns, districts, endorse, icon, set_password

app_name = "site"
urlpatterns = [
    path("", campaigns.home, name="home"),
    path("campaigns/", campaigns.campaign_list, name="campaigns"),
    path("campaigns/<slug:slug>/", campaigns.campaign_detail, name="campaign"),
    path("campaigns/<slug:slug>/map/<str:usps>/", campaigns.state_map, name="state-map"),
    path("campaigns/<slug:slug>/endorse/", endorse.endorse, name="endorse"),
    path("campaigns/<slug:slug>/endorse/sent/", endorse.endorse_sent, name="endorse-sent"),
    path("campaigns/<slug:slug>/withdraw/", endorse.request_withdrawal_link, name="withdraw-request"),
    path("campaigns/<slug:slug>/withdraw/sent/", endorse.withdraw_sent, name="withdraw-sent"),
    path("confirm/<str:token>/", endorse.confirm_link, name="confirm"),
    path("withdraw/<str:token>/", endorse.withdraw_link, name="withdraw"),
    path("find-my-district/", districts.find_district, name="find-district"),
    # A link's path is in app/config/logs.py too, which takes the token out.
    path("set-password/done/", set_password.set_password_done, name="set-password-done"),
    path("set-password/<str:uidb64>/<str:token>/", set_password.SetPassword.as_view(), name="set-password"),
    path("terms/", campaigns.terms, name="terms"),
    path("staff/", include("app.site.staff.urls")),
    path("favicon.ico", icon.icon, name="icon"),
]
