environment = "prod"
protected   = true # to take it down: apply once with -var=protected=false, then destroy
stages = {
  prod = {}
}
