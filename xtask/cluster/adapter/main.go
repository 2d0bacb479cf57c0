// Serves what the chart's HPAs ask for, read from the pods' own /metrics: stands in for Prometheus and its adapter, with
// the meaning of helm/autorater/files/adapter-rules.yaml. For a cluster to try things in, with few pods.
package main

import (
	"context"
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/component-base/logs"
	"k8s.io/klog/v2"
	basecmd "sigs.k8s.io/custom-metrics-apiserver/pkg/cmd"
)

func main() {
	logs.InitLogs()
	defer logs.FlushLogs()
	if err := run(); err != nil {
		klog.ErrorS(err, "the adapter ends")
		os.Exit(1)
	}
}

func run() error {
	base := &basecmd.AdapterBase{Name: "autorater-adapter"}
	if err := base.Flags().Parse(os.Args); err != nil {
		return err
	}
	config, err := base.ClientConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	served := &figures{pods: client.CoreV1()}
	base.WithCustomMetrics(served)
	base.WithExternalMetrics(served)
	return base.Run(context.Background())
}
