# The web service, and with other commands the relay, the scheduler and every `manage.py` command.
# Build from the top of the checkout: docker build -f docker/web.Dockerfile .
FROM python:3.11.15-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

# The last stage copies its result from here; the rest is discarded.
FROM base AS build
COPY requirements/web.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --require-hashes -r requirements/web.txt
ENV PATH=/venv/bin:$PATH
COPY manage.py ./
COPY docker/probe.py docker/
COPY migrations/ migrations/
COPY postroom/ postroom/
COPY shared/ shared/
COPY web/ web/
# collectstatic needs settings, but no database: these values stay in this step. Compiled here,
# because the container is read-only; readable whatever the checkout's umask was.
RUN SECRET_KEY=build DATABASE_URL=postgresql://build@127.0.0.1/build \
    python manage.py collectstatic --noinput \
    && python -m compileall -q --invalidation-mode unchecked-hash . \
    && chmod -R a+rX,go-w .

FROM base
RUN groupadd --gid 10001 postroom \
    && useradd --no-log-init --uid 10001 --gid 10001 --no-create-home --home-dir /app \
        --shell /usr/sbin/nologin postroom
COPY --from=build /venv /venv
COPY --from=build /app /app
# WEB_CONCURRENCY: gunicorn's worker processes.
ENV PATH=/venv/bin:$PATH WEB_CONCURRENCY=2
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 8000
# Liveness, not readiness: an orchestrator must not replace containers while the database is away.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "docker/probe.py", "8000", "/healthz"]
# gunicorn's heartbeat file is in memory: on a slow disk it would block the workers.
CMD ["gunicorn", "--config=python:postroom.web.site.gunicorn_conf", "--bind=0.0.0.0:8000", "--worker-tmp-dir=/dev/shm", "--no-control-socket", "postroom.web.site.wsgi"]
