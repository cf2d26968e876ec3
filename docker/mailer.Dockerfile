# The mailer: no Django here.
# Build from the top of the checkout: docker build -f docker/mailer.Dockerfile .
FROM python:3.11.15-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

# The last stage copies its result from here; the rest is discarded.
FROM base AS build
COPY requirements/mailer.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --require-hashes -r requirements/mailer.txt
COPY docker/probe.py docker/
COPY mailer/ mailer/
COPY postroom/ postroom/
COPY shared/ shared/
# Only the e-mail templates of the systems: see mailer.Dockerfile.dockerignore.
COPY web/ web/
# Compiled here, because the container is read-only; readable whatever the checkout's umask was.
RUN /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash . \
    && chmod -R a+rX,go-w .

FROM base
RUN groupadd --gid 10001 postroom \
    && useradd --no-log-init --uid 10001 --gid 10001 --no-create-home --home-dir /app \
        --shell /usr/sbin/nologin postroom
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH MAILER_HEALTH_PORT=8001 \
    EMAIL_TEMPLATE_DIRS=/app/web/systems/*/postroom_templates
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
# Liveness, not readiness: an orchestrator must not replace containers while RabbitMQ is away.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "docker/probe.py", "8001", "/healthz"]
CMD ["python", "-m", "postroom.mailer", "run"]
