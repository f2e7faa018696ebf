environment = "prod"
protected   = true # to take it down: apply once with -var=protected=false, then destroy
stages = {
  prod = { upload_handler = "app.uploads.events.received" }
}
monthly_budget_usd = 40 # the whole account, nonprod too if it is in it
