# What the application reads of its environment (app/config/settings.py), by stage. A test holds the names against the settings.
locals {
  stage_environments = {
    for stage, settings in var.stages : stage => merge(
      {
        DATABASE_HOST      = module.database.host
        DATABASE_PORT      = tostring(module.database.port)
        DATABASE_NAME      = module.database.database_names[stage]
        DATABASE_SECRET    = module.database.app_secret_names[stage]
        DJANGO_SECRET      = module.zappa.django_secret_names[stage]
        RATE_LIMIT_TABLE   = module.dynamodb.table_name
        EMAIL_URL          = module.mail.email_url
        DEFAULT_FROM_EMAIL = module.mail.sender
        REGION_FILES       = module.storage.map_files[stage]
        UPLOADS            = module.storage.uploads
      },
      # Without a CDN the function serves its static files itself: the bucket is private.
      settings.static_url == "" ? {} : { STATIC_URL = settings.static_url },
      length(var.office_networks) == 0 ? {} : { OFFICE_NETWORKS = join(",", var.office_networks) },
      length(settings.cors_origins) == 0 ? {} : { CORS_ORIGINS = join(",", settings.cors_origins) },
      lookup(local.cdn_environments, stage, {}),
    )
  }
}

# What the import task reads beside. Mails are the -ops function's, so the task needs no address of its own; and an import's one
# transaction takes as long as its layer does.
locals {
  import_environments = {
    # A task answers no request, so it is not told of the CDN's secret, which its role may not read.
    for stage, settings in var.stages : stage => merge({ for name, value in local.stage_environments[stage] : name => value if name != "CDN_SECRET" }, {
      STAGE                              = stage
      PUBLIC_URL                         = settings.public_url == "" ? "https://${local.project}-${stage}.invalid" : settings.public_url
      DATABASE_STATEMENT_TIMEOUT_SECONDS = "0"
      DATABASE_LOCK_TIMEOUT_SECONDS      = "120"
      DATABASE_IDLE_TIMEOUT_SECONDS      = "0"
      DATABASE_NETWORK_TIMEOUT_SECONDS   = "120"
    })
  }
}

check "mail" {
  assert {
    condition     = var.mail_domain != ""
    error_message = "mail_domain is empty: the application drops every mail, so nobody can confirm an endorsement."
  }
}
