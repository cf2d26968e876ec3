# The mailer: no Django here.
# Build from the top of the checkout: docker build -f docker/mailer.Dockerfile .
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements/mailer.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/mailer.txt

COPY shared/ shared/
COPY mailer/ mailer/

RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin postroom
USER postroom
CMD ["python", "-m", "mailer", "run"]
