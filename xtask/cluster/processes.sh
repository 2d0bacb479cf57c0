# shellcheck shell=bash disable=SC2154
# How what xtask/cluster/cluster makes is started and ended.

# Whether the program with this name runs: a number alone may be that of another by now.
runs() {
    local pid
    pid=$(cat "$home/run/$1.pid" 2>/dev/null) && [ "$(readlink "/proc/$pid/exe" 2>/dev/null)" = "$(command -v "$1")" ]
}

start() {
    ! runs "$1" || return 0
    say "starting $1"
    setsid "$@" >>"$home/log/$1" 2>&1 </dev/null &
    echo $! >"$home/run/$1.pid"
}

answers() {
    local what=$1 tries
    shift
    for tries in {1..120}; do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.5
    done
    die "$what does not answer after $((tries / 2)) s; what it said is in $home/log"
}

control_plane() {
    local pki=$home/pki
    ip link show "$bridge" >/dev/null 2>&1 || ip link add "$bridge" type bridge
    # Before there is a pod, because the node has its address here.
    ip addr replace "$node/${pods#*/}" dev "$bridge"
    ip link set "$bridge" up
    sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
    start docker-registry serve "$home/registry.yaml"
    start etcd --data-dir "$home/etcd" --listen-client-urls http://127.0.0.1:2379 \
        --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
    start kube-apiserver --etcd-servers http://127.0.0.1:2379 --advertise-address "$node" \
        --service-cluster-ip-range "$services" --allow-privileged --authorization-mode RBAC \
        --client-ca-file "$pki/ca.crt" --tls-cert-file "$pki/api.crt" --tls-private-key-file "$pki/api.key" \
        --kubelet-preferred-address-types InternalIP \
        --kubelet-client-certificate "$pki/admin.crt" --kubelet-client-key "$pki/admin.key" \
        --proxy-client-cert-file "$pki/admin.crt" --proxy-client-key-file "$pki/admin.key" \
        --requestheader-client-ca-file "$pki/ca.crt" --requestheader-allowed-names admin \
        --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
        --requestheader-extra-headers-prefix X-Remote-Extra- \
        --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$pki/accounts.key" \
        --service-account-signing-key-file "$pki/accounts.key"
    answers kube-apiserver kubectl get --raw /readyz
    start kube-controller-manager --kubeconfig "$KUBECONFIG" --use-service-account-credentials \
        --service-account-private-key-file "$pki/accounts.key" --root-ca-file "$pki/ca.crt" --leader-elect=false
    start kube-scheduler --kubeconfig "$KUBECONFIG" --leader-elect=false
}

worker() {
    start containerd --config "$home/containerd.toml"
    answers containerd ctr -a "$home/run/containerd.sock" version
    start kubelet --kubeconfig "$KUBECONFIG" --config "$home/kubelet.yaml" --root-dir "$home/kubelet" \
        --cert-dir "$home/pki/kubelet" --hostname-override node --node-ip "$node"
    start kube-proxy --kubeconfig "$KUBECONFIG" --hostname-override node --proxy-mode nftables --cluster-cidr "$pods"
    answers kubelet kubectl get --raw /api/v1/nodes/node/proxy/healthz
    answers "the node" kubectl wait --for condition=Ready node/node --timeout 1s
}

# Names, volumes and metrics, by processes of the machine, which needs no images.
addons() {
    kubectl apply --server-side -f - >/dev/null <<END
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local-path, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: rancher.io/local-path
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: ConfigMap
metadata: {name: local-path-config, namespace: kube-system}
data:
  config.json: '$(cat "$home/volumes.json")'
  setup: 'mkdir -m 0777 -p "\$VOL_DIR"'
  teardown: 'rm -rf "\$VOL_DIR"'
  helperPod.yaml: |
    {apiVersion: v1, kind: Pod, metadata: {name: volume}, spec: {containers: [{name: volume, image: "busybox:1.37"}]}}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: $dns
  ports: [{name: udp, port: 53, protocol: UDP}, {name: tcp, port: 53, protocol: TCP}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kube-dns, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}
addressType: IPv4
endpoints: [{addresses: [$node]}]
ports: [{name: udp, port: 53, protocol: UDP}, {name: tcp, port: 53, protocol: TCP}]
---
apiVersion: v1
kind: Service
metadata: {name: metrics-server, namespace: kube-system}
spec: {ports: [{name: https, port: 443, targetPort: 4443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: metrics-server, namespace: kube-system, labels: {kubernetes.io/service-name: metrics-server}}
addressType: IPv4
endpoints: [{addresses: [$node]}]
ports: [{name: https, port: 4443}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {name: metrics-server, namespace: kube-system}
END
    start coredns -conf "$home/Corefile"
    start local-path-provisioner start --config "$home/volumes.json" --kubeconfig "$KUBECONFIG" \
        --namespace kube-system --service-account-name default --helper-image busybox:1.37
    start metrics-server --kubeconfig "$KUBECONFIG" --authentication-kubeconfig "$KUBECONFIG" \
        --authorization-kubeconfig "$KUBECONFIG" --secure-port 4443 --cert-dir "$home/pki/metrics-server" \
        --kubelet-insecure-tls --kubelet-preferred-address-types InternalIP
}

tasks() { ctr -a "$home/run/containerd.sock" -n k8s.io tasks "$@" 2>>"$home/log/stop"; }

stop() {
    local name task
    for name in kubelet kube-proxy; do end "$name"; done
    if runs containerd; then
        # Nobody else looks after pods any more. One may end by itself meanwhile: what counts is that none is left.
        for task in $(tasks list --quiet); do tasks delete --force "$task" || true; done
        [ -z "$(tasks list --quiet)" ] || die "pods do not end; why is in $home/log/stop"
    fi
    for name in metrics-server local-path-provisioner coredns kube-scheduler kube-controller-manager kube-apiserver \
        containerd etcd docker-registry; do end "$name"; done
    say "stopped"
}

# All of them may be killed: what counts is in etcd, which writes before it answers.
end() {
    local pid tries
    runs "$1" || return 0
    pid=$(cat "$home/run/$1.pid")
    kill "$pid"
    for tries in {1..40}; do
        runs "$1" || break
        [ "$tries" -ne 20 ] || kill -KILL "$pid"
        sleep 0.25
    done
    ! runs "$1" || die "$1 does not end"
}

# Those of pods that were killed, by their addresses: others of the machine may have some, too.
networks() {
    local name
    for name in $(ip netns list | awk '/^cni-/ { print $1 }'); do
        ! ip -n "$name" -4 -brief address | grep -qF " ${pods%.*}." || ip netns delete "$name"
    done
}

remove() {
    local family mount mounts
    [ -e "$home" ] || die "there is no $home"
    stop
    mapfile -t mounts < <(awk -v home="$home/" 'index($2, home) == 1 { print $2 }' /proc/mounts | sort -r)
    for mount in "${mounts[@]}"; do umount "$mount"; done
    networks
    ! ip link show "$bridge" >/dev/null 2>&1 || ip link delete "$bridge"
    for family in ip ip6; do
        ! nft list table "$family" kube-proxy >/dev/null 2>&1 || nft delete table "$family" kube-proxy
    done
    find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} +
    rm -rf "$home"
    say "removed"
}
