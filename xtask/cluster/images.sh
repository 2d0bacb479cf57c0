# shellcheck shell=bash disable=SC2154
# What the nodes of xtask/cluster/cluster pull.

# The parent of every pod's processes, which only waits, and what the chart takes from elsewhere.
images() {
    local name images
    if ! docker image inspect "$registry/pause:1" >/dev/null 2>&1; then
        mkdir -p "$home/pause"
        cat >"$home/pause/main.go" <<'END'
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGINT, syscall.SIGTERM)
	<-asked
}
END
        CGO_ENABLED=0 go build -trimpath -o "$home/pause/pause" "$home/pause/main.go"
        tar -C "$home/pause" -c pause | docker import --change 'ENTRYPOINT ["/pause"]' - "$registry/pause:1" >/dev/null
    fi
    docker push --quiet "$registry/pause:1" >/dev/null
    mapfile -t images < <(sed -nE 's/^ *image: ([^ ]+:[^ ]+)$/\1/p' helm/autorater/values.yaml)
    for name in "${images[@]}"; do
        docker image inspect "$name" >/dev/null 2>&1 || docker pull --quiet "$name" 2>/dev/null \
            || xtask/cluster/stand-ins "$name"
        say "pushing $name"
        docker tag "$name" "$registry/library/$name"
        docker push --quiet "$registry/library/$name" >/dev/null
    done
}
