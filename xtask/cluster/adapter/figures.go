package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/metrics/pkg/apis/custom_metrics"
	"k8s.io/metrics/pkg/apis/external_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
)

const (
	wanted   = "autorater_worker_slots_wanted"
	inFlight = "autorater_http_requests_in_flight"
)

var podResource = schema.GroupResource{Resource: "pods"}

// figures are read anew for each question: what is old would be taken for what is.
type figures struct {
	pods typedcorev1.PodsGetter
}

// GetExternalMetric is the highest that any pod with these labels says, as all say the same. What nobody says is an error
// and not 0: an HPA then takes nothing away.
func (f *figures) GetExternalMetric(ctx context.Context, namespace string, selector labels.Selector, info provider.ExternalMetricInfo) (*external_metrics.ExternalMetricValueList, error) {
	pods, err := f.pods.Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	highest, known := 0.0, false
	for i := range pods.Items {
		pod := &pods.Items[i]
		if !selector.Matches(asPrometheusWritesThem(pod.Labels)) {
			continue
		}
		if value, says := said(ctx, pod, info.Metric); says {
			highest, known = math.Max(highest, value), true
		}
	}
	if !known {
		return nil, apierrors.NewServiceUnavailable(fmt.Sprintf("no pod says %s", info.Metric))
	}
	return &external_metrics.ExternalMetricValueList{Items: []external_metrics.ExternalMetricValue{{
		MetricName: info.Metric,
		Timestamp:  metav1.Now(),
		Value:      quantity(highest),
	}}}, nil
}

// GetMetricByName is what one pod says.
func (f *figures) GetMetricByName(ctx context.Context, name types.NamespacedName, info provider.CustomMetricInfo, _ labels.Selector) (*custom_metrics.MetricValue, error) {
	if info.GroupResource != podResource {
		return nil, provider.NewMetricNotFoundError(info.GroupResource, info.Metric)
	}
	pod, err := f.pods.Pods(name.Namespace).Get(ctx, name.Name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	value, says := said(ctx, pod, info.Metric)
	if !says {
		return nil, provider.NewMetricNotFoundForError(info.GroupResource, info.Metric, name.Name)
	}
	return ofPod(pod, info.Metric, value), nil
}

// GetMetricBySelector is what each of these pods says; those that say nothing are left out, and an HPA takes care of that.
func (f *figures) GetMetricBySelector(ctx context.Context, namespace string, selector labels.Selector, info provider.CustomMetricInfo, _ labels.Selector) (*custom_metrics.MetricValueList, error) {
	if info.GroupResource != podResource {
		return nil, provider.NewMetricNotFoundError(info.GroupResource, info.Metric)
	}
	pods, err := f.pods.Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return nil, err
	}
	list := &custom_metrics.MetricValueList{}
	for i := range pods.Items {
		pod := &pods.Items[i]
		if value, says := said(ctx, pod, info.Metric); says {
			list.Items = append(list.Items, *ofPod(pod, info.Metric, value))
		}
	}
	if len(list.Items) == 0 {
		return nil, provider.NewMetricNotFoundError(info.GroupResource, info.Metric)
	}
	return list, nil
}

// ListAllExternalMetrics names what there may be.
func (f *figures) ListAllExternalMetrics() []provider.ExternalMetricInfo {
	return []provider.ExternalMetricInfo{{Metric: wanted}}
}

// ListAllMetrics names what there may be.
func (f *figures) ListAllMetrics() []provider.CustomMetricInfo {
	return []provider.CustomMetricInfo{{GroupResource: podResource, Namespaced: true, Metric: inFlight}}
}

// A pod that ends or does not answer says nothing.
func said(ctx context.Context, pod *corev1.Pod, metric string) (float64, bool) {
	if pod.Status.Phase != corev1.PodRunning || pod.DeletionTimestamp != nil {
		return 0, false
	}
	value, says, err := sum(ctx, pod, metric)
	if err != nil {
		klog.ErrorS(err, "a pod does not say its metrics", "pod", klog.KObj(pod))
		return 0, false
	}
	return value, says
}

func ofPod(pod *corev1.Pod, metric string, value float64) *custom_metrics.MetricValue {
	return &custom_metrics.MetricValue{
		DescribedObject: custom_metrics.ObjectReference{
			APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name,
		},
		Metric:    custom_metrics.MetricIdentifier{Name: metric},
		Timestamp: metav1.Now(),
		Value:     quantity(value),
	}
}

func quantity(value float64) resource.Quantity {
	return *resource.NewMilliQuantity(int64(math.Round(value*1000)), resource.DecimalSI)
}

// A label `app.kubernetes.io/instance` of a pod is `app_kubernetes_io_instance` in Prometheus, and so in the chart.
func asPrometheusWritesThem(of map[string]string) labels.Set {
	names := strings.NewReplacer(".", "_", "/", "_", "-", "_")
	set := labels.Set{}
	for name, value := range of {
		set[names.Replace(name)] = value
	}
	return set
}
