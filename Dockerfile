# syntax=docker/dockerfile:1
# docker build -t nflow-runtime .
# docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/nflow-runtime --push .
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags "-s -w" -o /out/nflow-runtime . && mkdir /out/data

# No shell, no package manager: the binary, CA certificates, time zones.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/nflow-runtime /usr/local/bin/nflow-runtime
COPY --from=build --chown=65532:65532 /out/data /app/data
# /app/config.toml may be mounted; every key can come from the environment as well.
WORKDIR /app
USER 65532:65532
VOLUME ["/app/data"]
EXPOSE 8080
# Readiness, not health: a restart does not repair a database.
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["/usr/local/bin/nflow-runtime", "health", "--ready"]
ENTRYPOINT ["/usr/local/bin/nflow-runtime"]
CMD ["serve"]
