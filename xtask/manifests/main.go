// Checks manifests as the API server does when they are created: decoded strictly (an unknown or
// duplicate field is an error), filled with defaults, and validated by the API server's own code;
// each pod also against the Pod Security Standard "restricted". No cluster and no network.
//
// Of custom resources, those of the Prometheus operator are decoded strictly into its types, and
// their expressions parsed; those of others are held against their definitions, the directories of
// which stand behind --definitions. Other arguments are files; one line for each fault; exit code 1 if
// there is one.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/prometheus/promql/parser"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/secret"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/networking/ingress"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	security "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	strict "sigs.k8s.io/yaml"
)

// What validates each kind, and its name in paths.
var kinds = map[string]struct {
	strategy rest.RESTCreateStrategy
	resource string
}{
	"ConfigMap":               {configmap.Strategy, "configmaps"},
	"Deployment":              {deployment.Strategy, "deployments"},
	"HorizontalPodAutoscaler": {horizontalpodautoscaler.Strategy, "horizontalpodautoscalers"},
	"Ingress":                 {ingress.Strategy, "ingresses"},
	"Job":                     {job.Strategy, "jobs"},
	"NetworkPolicy":           {networkpolicy.Strategy, "networkpolicies"},
	"PersistentVolumeClaim":   {persistentvolumeclaim.Strategy, "persistentvolumeclaims"},
	"Pod":                     {pod.Strategy, "pods"},
	"PodDisruptionBudget":     {poddisruptionbudget.Strategy, "poddisruptionbudgets"},
	"Secret":                  {secret.Strategy, "secrets"},
	"Service":                 {service.Strategy, "services"},
	"ServiceAccount":          {serviceaccount.Strategy, "serviceaccounts"},
	"StatefulSet":             {statefulset.Strategy, "statefulsets"},
}

var decoder = serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDeserializer()

func main() {
	checked, faults := 0, 0
	directory := flag.String("definitions", "", "a directory of CustomResourceDefinitions")
	flag.Parse()
	if *directory != "" {
		if err := define(*directory); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	for _, path := range flag.Args() {
		names := map[string]bool{}
		err := documents(path, func(document []byte) {
			name, errs := check(document)
			checked++
			if names[name] {
				errs = append(errs, errors.New("is there twice"))
			}
			names[name] = true
			for _, err := range errs {
				faults++
				fmt.Printf("%s: %s: %v\n", path, name, err)
			}
		})
		if err != nil {
			faults++
			fmt.Printf("%s: %v\n", path, err)
		}
	}
	fmt.Printf("%d manifests, %d faults\n", checked, faults)
	if faults > 0 || checked == 0 {
		os.Exit(1)
	}
}

func documents(path string, each func([]byte)) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var content any
		if strict.Unmarshal(document, &content) == nil && content == nil {
			continue // Comments only.
		}
		each(document)
	}
}

// check says which object the document is and what is wrong with it.
func check(document []byte) (string, []error) {
	var head metav1.PartialObjectMetadata
	if err := strict.Unmarshal(document, &head); err != nil {
		return "?", []error{err}
	}
	name := head.Kind + "/" + head.Name
	switch head.APIVersion + " " + head.Kind {
	case "monitoring.coreos.com/v1 PodMonitor":
		return name, some(strict.UnmarshalStrict(document, &monitoring.PodMonitor{}))
	case "monitoring.coreos.com/v1 PrometheusRule":
		var rule monitoring.PrometheusRule
		if err := strict.UnmarshalStrict(document, &rule); err != nil {
			return name, some(err)
		}
		return name, expressions(rule)
	}
	if known, ok := defined[head.APIVersion+" "+head.Kind]; ok {
		return name, known.check(document)
	}
	object, _, err := decoder.Decode(document, nil, nil)
	if err != nil {
		return name, some(err)
	}
	errs := restricted(object)
	if config, ok := object.(*corev1.ConfigMap); ok {
		errs = append(errs, dashboards(config)...)
	}
	return name, append(errs, validate(object, head.Kind)...)
}

// validate fills in defaults and asks the code that the API server asks on creation.
func validate(object runtime.Object, kind string) []error {
	known, ok := kinds[kind]
	if !ok {
		return some(errors.New("no rule for this kind"))
	}
	version := object.GetObjectKind().GroupVersionKind().GroupVersion()
	legacyscheme.Scheme.Default(object)
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
	if err != nil {
		return some(err)
	}
	accessor := internal.(metav1.Object)
	if accessor.GetNamespace() == "" {
		accessor.SetNamespace("default")
	}
	// What the API server gives before it validates.
	accessor.SetUID("00000000-0000-4000-8000-000000000000")
	if service, ok := internal.(*core.Service); ok && service.Spec.ClusterIP == core.ClusterIPNone {
		service.Spec.ClusterIPs = []string{core.ClusterIPNone}
	}
	ctx := request.WithNamespace(context.Background(), accessor.GetNamespace())
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: "create", Resource: known.resource,
		APIGroup: version.Group, APIVersion: version.Version, Namespace: accessor.GetNamespace(),
	})
	known.strategy.PrepareForCreate(ctx, internal)
	var errs []error
	for _, err := range known.strategy.Validate(ctx, internal) {
		errs = append(errs, err)
	}
	for _, warning := range known.strategy.WarningsOnCreate(ctx, internal) {
		errs = append(errs, errors.New("warning: "+warning))
	}
	return errs
}

// restricted applies the Pod Security Standard to whatever makes pods.
func restricted(object runtime.Object) []error {
	var template corev1.PodTemplateSpec
	switch object := object.(type) {
	case *appsv1.Deployment:
		template = object.Spec.Template
	case *appsv1.StatefulSet:
		template = object.Spec.Template
	case *batchv1.Job:
		template = object.Spec.Template
	case *corev1.Pod:
		template = corev1.PodTemplateSpec{ObjectMeta: object.ObjectMeta, Spec: object.Spec}
	default:
		return nil
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return some(err)
	}
	level := security.LevelVersion{Level: security.LevelRestricted, Version: security.LatestVersion()}
	var errs []error
	for _, result := range evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec) {
		if !result.Allowed {
			errs = append(errs, fmt.Errorf("not restricted: %s: %s", result.ForbiddenReason, result.ForbiddenDetail))
		}
	}
	// The standard does not ask for these two; we do.
	if mount := template.Spec.AutomountServiceAccountToken; mount == nil || *mount {
		errs = append(errs, errors.New("mounts a service account's token"))
	}
	for _, container := range template.Spec.Containers {
		if c := container.SecurityContext; c == nil || c.ReadOnlyRootFilesystem == nil || !*c.ReadOnlyRootFilesystem {
			errs = append(errs, fmt.Errorf("container %s can write to its root", container.Name))
		}
	}
	return errs
}

// expressions parses what the rules ask Prometheus.
func expressions(rule monitoring.PrometheusRule) []error {
	var errs []error
	for _, group := range rule.Spec.Groups {
		for _, rule := range group.Rules {
			if err := query(rule.Expr.String()); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", rule.Alert, err))
			}
		}
	}
	return errs
}

// dashboards parses each expression of a Grafana dashboard, with its variables filled in.
func dashboards(config *corev1.ConfigMap) []error {
	if _, ok := config.Labels["grafana_dashboard"]; !ok {
		return nil
	}
	var errs []error
	for name, content := range config.Data {
		var dashboard struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal([]byte(content), &dashboard); err != nil {
			return some(fmt.Errorf("%s: %w", name, err))
		}
		if len(dashboard.Panels) == 0 {
			errs = append(errs, fmt.Errorf("%s has no panels", name))
		}
		for _, panel := range dashboard.Panels {
			for _, target := range panel.Targets {
				filled := strings.NewReplacer("$__rate_interval", "5m", "$namespace", "x", "$release", "x").Replace(target.Expr)
				if err := query(filled); err != nil {
					errs = append(errs, fmt.Errorf("%s: %s: %w", name, panel.Title, err))
				}
			}
		}
	}
	return errs
}

func query(expression string) error {
	_, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	return err
}

func some(err error) []error {
	if err == nil {
		return nil
	}
	return []error{err}
}
