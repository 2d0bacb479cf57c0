package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
)

// A look of an HPA waits for it, and a pod that hangs must not hold the others up for long.
var reader = &http.Client{Timeout: 3 * time.Second}

// sum is what the series of this name that a pod gives are together, and false where it gives none.
func sum(ctx context.Context, pod *corev1.Pod, name string) (float64, bool, error) {
	port := adminPort(pod)
	if port == 0 || pod.Status.PodIP == "" {
		return 0, false, nil
	}
	url := fmt.Sprintf("http://%s:%d/metrics", pod.Status.PodIP, port)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, false, err
	}
	answer, err := reader.Do(request)
	if err != nil {
		return 0, false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, false, fmt.Errorf("%s answers %s", url, answer.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil {
		return 0, false, err
	}
	family, known := families[name]
	if !known {
		return 0, false, nil
	}
	total := 0.0
	for _, series := range family.GetMetric() {
		// Only one of them is there.
		total += series.GetGauge().GetValue() + series.GetUntyped().GetValue()
	}
	return total, true, nil
}

func adminPort(pod *corev1.Pod) int32 {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == "admin" {
				return port.ContainerPort
			}
		}
	}
	return 0
}
