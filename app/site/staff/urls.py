from django.urls import path, register_converter

from app.influencers.converters import PlatformConverter
from app.site.staff import access, accounts, consent, people, tokens, workbooks

register_converter(PlatformConverter, "staff_platform")

urlpatterns = [
    path("", access.staff_home, name="staff-home"),
    path("accounts/<staff_platform:platform>/", accounts.account_list, name="staff-accounts"),
    path("accounts/<staff_platform:platform>/columns/", accounts.choose_columns, name="staff-columns"),
    path("accounts/<staff_platform:platform>/change/", accounts.change_many, name="staff-change-many"),
    path("accounts/<staff_platform:platform>/<int:pk>/", accounts.account_detail, name="staff-account"),
    path(
        "accounts/<staff_platform:platform>/<int:pk>/delete/",
        accounts.delete_account,
        name="staff-delete-account",
    ),
    path("influencers/", people.influencer_list, name="staff-influencers"),
    path("influencers/export/", workbooks.export_influencers, name="staff-export-influencers"),
    path("influencers/new/", people.new_influencer, name="staff-new-influencer"),
    path("influencers/<int:pk>/", people.influencer_detail, name="staff-influencer"),
    path("influencers/<int:pk>/accounts/new/", people.new_account, name="staff-new-account"),
    path("influencers/<int:pk>/delete/", people.remove_influencer, name="staff-delete-influencer"),
    path("influencers/<int:pk>/consent-forms/new/", consent.new_consent_form, name="staff-new-consent-form"),
    path("consent-forms/<int:pk>/", consent.consent_form, name="staff-consent-form"),
    path("consent-forms/<int:pk>/arrived/", consent.arrived, name="staff-consent-form-arrived"),
    path(
        "consent-forms/<int:pk>/download/", consent.download_consent_form, name="staff-download-consent-form"
    ),
    path("consent-forms/<int:pk>/delete/", consent.delete_consent_form, name="staff-delete-consent-form"),
    path("influencers/<int:pk>/merge/<int:other>/", people.merge_influencers, name="staff-merge"),
    path(
        "accounts/<staff_platform:platform>/export/", workbooks.export_accounts, name="staff-export-accounts"
    ),
    path("workbooks/", workbooks.workbook_list, name="staff-workbooks"),
    path("workbooks/template/", workbooks.download_template, name="staff-template"),
    path("workbooks/upload/", workbooks.upload_workbook, name="staff-upload"),
    path("workbooks/upload-large/", workbooks.upload_large_workbook, name="staff-upload-large"),
    path("workbooks/imports/<int:pk>/", workbooks.import_detail, name="staff-import"),
    path("workbooks/imports/<int:pk>/arrived/", workbooks.workbook_arrived, name="staff-import-arrived"),
    path("workbooks/imports/<int:pk>/apply/", workbooks.apply_workbook, name="staff-apply-import"),
    path("workbooks/imports/<int:pk>/cancel/", workbooks.cancel_workbook, name="staff-cancel-import"),
    path("workbooks/imports/<int:pk>/retry/", workbooks.retry_import, name="staff-retry-import"),
    path("workbooks/imports/<int:pk>/refused/", workbooks.refused_rows, name="staff-refused-rows"),
    path("workbooks/exports/<int:pk>/", workbooks.export_detail, name="staff-export"),
    path("workbooks/exports/<int:pk>/retry/", workbooks.retry_export, name="staff-retry-export"),
    path("workbooks/exports/<int:pk>/<int:number>/", workbooks.export_part, name="staff-export-part"),
    path("tokens/", tokens.token_list, name="staff-tokens"),
    path("tokens/<int:pk>/revoke/", tokens.revoke_token, name="staff-revoke-token"),
]
