"""Django's PostgreSQL backend with what a server whose password is rotated needs; ENGINE = "app.config.postgresql"."""
