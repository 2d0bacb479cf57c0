# shellcheck shell=bash disable=SC2154
# What xtask/cluster/cluster runs, and where it comes from.

# Modules that replace nothing, so that Go installs them by name.
installed=(
    github.com/containerd/containerd/v2/cmd/containerd@v2.4.2
    github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2@v2.4.2
    github.com/containerd/containerd/v2/cmd/ctr@v2.4.2
    github.com/coredns/coredns@v1.15.0
    github.com/rancher/local-path-provisioner@v0.0.30
    sigs.k8s.io/metrics-server/cmd/metrics-server@v0.9.0
)
# What xtask/cluster/autoscaler builds.
keda=github.com/kedacore/keda/v2@v2.21.0
kubernetes=(kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl)

packages() {
    local missing=() package
    for package in runc containernetworking-plugins docker-registry nftables iptables openssl; do
        dpkg-query --status "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "installing ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Kubernetes replaces its own parts, which only a main module may: xtask/manifests does, and has the version.
programs() {
    local name module version linked
    mkdir -p "$home/bin"
    cp xtask/manifests/go.mod xtask/manifests/go.sum "$home/"
    version=$(cd xtask/manifests && go list -m -f '{{ .Version }}' k8s.io/kubernetes)
    linked="-s -w -X k8s.io/component-base/version.gitVersion=$version"
    for name in "${kubernetes[@]}" etcd; do
        [ ! -x "$home/bin/$name" ] || continue
        say "building $name"
        module=k8s.io/kubernetes/cmd/$name
        [ "$name" != etcd ] || module=go.etcd.io/etcd/server/v3
        (cd xtask/manifests && CGO_ENABLED=0 go build -trimpath -modfile="$home/go.mod" -mod=mod \
            -ldflags "$linked" -o "$home/bin/$name" "$module") >"$home/log/build" 2>&1 \
            || { tail -n 5 "$home/log/build" >&2; die "$name cannot be built"; }
    done
    for module in "${installed[@]}"; do
        name=${module%@*} name=${name##*/}
        [ ! -x "$home/bin/$name" ] || continue
        say "building $name"
        (cd / && CGO_ENABLED=0 GOBIN="$home/bin" go install -trimpath -ldflags '-s -w' "$module") \
            >"$home/log/build" 2>&1 || { tail -n 5 "$home/log/build" >&2; die "$name cannot be built"; }
    done
}
