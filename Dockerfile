# kec as an image:  docker build -t YOUR-REGISTRY/kec:0.1.0 .
# Not built here: where kec is developed there is no container engine. test/real/deploy.test.ts runs each step of this file by hand, in a
# folder of its own, and kec from there as deploy/kec.yaml would: as its user, on a read-only root.

FROM node:24-bookworm-slim AS build
WORKDIR /kec
COPY . .
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Types and source maps of dependencies: nearly half of them, and never read.
RUN find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM node:24-bookworm-slim
COPY --from=build /kec /kec
# Belongs to kec, so that a new volume of Docker does as well; in a pod, fsGroup sees to that.
RUN install -d -m 0700 -o 10001 -g 10001 /var/lib/kec
# The journal's place if the configuration names none; and a home, as this user has none in /etc/passwd.
ENV XDG_STATE_HOME=/var/lib HOME=/tmp
USER 10001:10001
WORKDIR /etc/kec
ENTRYPOINT ["node", "--max-semi-space-size=8", "/kec/bin/kec.js"]
CMD ["start"]
