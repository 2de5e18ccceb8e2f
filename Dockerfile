# The suite for those who run it in a container, here or in CI; docs/nightly.md shows how. Two stages, so that
# the image holds what was installed, and no compiler, package index cache or checkout.
FROM python:3.13.9-slim-trixie AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/conformance \
    && /opt/conformance/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .

FROM python:3.13.9-slim-trixie
LABEL org.opencontainers.image.title="stream-conformance" \
      org.opencontainers.image.description="The conformance suite for OpenAI-compatible streaming APIs" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/conformance /opt/conformance
# A user of its own; reports go to /work, where a folder of the host is mounted.
RUN useradd --system --uid 10001 --home-dir /work --create-home conformance
ENV PATH=/opt/conformance/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /work
USER 10001
CMD ["conformance", "nightly"]
