# Any image with Python >= 3.11 and its venv module will do, such as a Debian with python3-venv.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# --without-pip: the environment that is handed on holds only what Veille asks for.
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/veille
WORKDIR /src

# The only step that asks a package index, for nothing without a hash: first for the pinned pip and setuptools, so
# that it goes the same way on every base, then for all wheels. The secret is for who needs a pip.conf to reach an index.
COPY requirements.txt ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    sed -nE '/^(pip|setuptools)==/,/[^\\]$/p' requirements.txt > /build/first.txt \
    && /build/bin/pip install --require-hashes --requirement /build/first.txt \
    && /build/bin/pip wheel --require-hashes --no-deps --no-build-isolation --wheel-dir /wheels --requirement requirements.txt

COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY extractors extractors
COPY service service
RUN /build/bin/pip wheel --no-index --find-links /wheels --no-deps --wheel-dir /wheels . \
    && /build/bin/pip --python /opt/veille/bin/python install --no-index --find-links /wheels veille

FROM ${BASE}
RUN groupadd --gid 10001 veille \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin veille \
    && install --directory --owner veille --group veille --mode 0700 /data
COPY --from=build /opt/veille /opt/veille
ENV PATH=/opt/veille/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    VEILLE_DB=/data/veille.db \
    VEILLE_KEY_FILE=/data/keys
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
# No proxy: the environment may name one, and it does not reach this container's own loopback.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python3", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["veille"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--make-key"]
