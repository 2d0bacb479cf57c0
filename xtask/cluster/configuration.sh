# shellcheck shell=bash disable=SC2154
# What the programs of xtask/cluster/cluster read.

# One authority, one certificate for the API server and one for everybody who calls it.
certificates() {
    [ ! -e "$home/pki/admin.crt" ] || return 0
    say "making certificates"
    mkdir -p "$home/pki"
    local new=(openssl req -newkey rsa:2048 -noenc -days 365)
    (
        cd "$home/pki"
        umask 077
        "${new[@]}" -x509 -subj /CN=autorater-cluster -keyout ca.key -out ca.crt
        "${new[@]}" -x509 -CA ca.crt -CAkey ca.key -subj /CN=kube-apiserver -keyout api.key -out api.crt \
            -addext "subjectAltName=DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$node,IP:${services%.*}.1"
        "${new[@]}" -x509 -CA ca.crt -CAkey ca.key -subj /O=system:masters/CN=admin -keyout admin.key -out admin.crt \
            -addext extendedKeyUsage=clientAuth
        openssl genrsa -out accounts.key 2048
    ) >"$home/log/certificates" 2>&1 || die "no certificates; openssl's words are in $home/log/certificates"
}

configuration() {
    local data
    say "writing configuration"
    mkdir -p "$home"/{cni,certs.d/docker.io,volumes,log,run}
    cat >"$home/containerd.toml" <<END
version = 3
root = "$home/containerd"
state = "$home/run/containerd"
[grpc]
address = "$home/run/containerd.sock"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "$registry/pause:1"
[plugins.'io.containerd.cri.v1.images'.registry]
config_path = "$home/certs.d"
# Root of a machine that is itself confined may not be allowed to protect a process from running out of memory.
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "$home/cni"
END
    # Names without a registry are looked up in ours.
    echo "server = 'http://$registry'" >"$home/certs.d/docker.io/hosts.toml"
    cat >"$home/registry.yaml" <<END
version: 0.1
storage: {filesystem: {rootdirectory: $home/registry}}
http: {addr: "$registry"}
END
    # `firewall`, because Docker lets nothing be forwarded that nobody has asked for.
    cat >"$home/cni/autorater.conflist" <<END
{"cniVersion": "1.0.0", "name": "autorater", "plugins": [
  {"type": "bridge", "bridge": "$bridge", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$home/run/addresses", "ranges": [[{"subnet": "$pods"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "firewall"}, {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
    cat >"$home/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, x509: {clientCAFile: $home/pki/ca.crt}}
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
clusterDNS: [$dns]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://$home/run/containerd.sock
podLogsDir: $home/log/pods
volumePluginDir: $home/volume-plugins
# The machine is for more than this: only a full disk is a reason to evict.
evictionHard: {memory.available: 100Mi, nodefs.available: 1Gi, imagefs.available: 1Gi}
imageGCHighThresholdPercent: 100
END
    cat >"$home/Corefile" <<END
. {
    bind $node
    kubernetes cluster.local {
        kubeconfig $KUBECONFIG
    }
    forward . /etc/resolv.conf
    cache 5
}
END
    cat >"$home/volumes.json" <<END
{"nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["$home/volumes"]}]}
END
    data=$(base64 -w0 <"$home/pki/ca.crt")
    cat >"$KUBECONFIG" <<END
apiVersion: v1
kind: Config
current-context: autorater-cluster
contexts: [{name: autorater-cluster, context: {cluster: autorater-cluster, user: admin}}]
clusters: [{name: autorater-cluster, cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: $data}}]
users: [{name: admin, user: {client-certificate: $home/pki/admin.crt, client-key: $home/pki/admin.key}}]
END
    chmod 600 "$KUBECONFIG"
}
