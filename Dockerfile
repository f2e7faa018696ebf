# The import task: what `make import-image` builds and ECS runs (terraform/modules/geodata-import).
#
# The base has a tag, not a digest: the digest is only known where Docker Hub is, and a stale one keeps old holes.
# `make import-image` pulls it anew for each image, and an image that is pushed is never replaced.
FROM python:3.13-slim-bookworm AS build

COPY requirements/import.txt /build/
RUN python -m venv /opt/app \
 && /opt/app/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r /build/import.txt

FROM python:3.13-slim-bookworm

ARG RELEASE_ID
ENV RELEASE_ID=${RELEASE_ID} \
    PATH=/opt/app/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TMPDIR=/scratch

COPY --from=build /opt/app /opt/app
COPY manage.py /srv/
COPY app /srv/app
WORKDIR /srv

# ECS mounts a volume at /scratch, with the owner that it finds. All else is read-only: what is not compiled here is compiled at
# each start.
RUN python -m compileall -q app \
 && install -d -o 10001 -g 10001 /scratch
VOLUME /scratch
USER 10001:10001

# A task runs to its end; nobody asks it how it is.
HEALTHCHECK NONE
ENTRYPOINT ["python", "manage.py"]
CMD ["check", "--deploy"]
