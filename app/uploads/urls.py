from django.urls import path

from app.uploads import views

app_name = "uploads"
urlpatterns = [
    path("", views.post, name="post"),
    path("<str:signed>/", views.get, name="get"),
]
