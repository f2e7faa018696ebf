environment = "nonprod"
protected   = false # may be destroyed with all it holds
stages = {
  dev     = {}
  staging = {}
}
