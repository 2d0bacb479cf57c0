{{/* Who changes the number of pods: `autoscaling.by` says it for all services, so that no two ever do it for one. */}}

{{/* The beginning of an HPA; its metrics and behaviour follow. Called as those of _component.tpl. */}}
{{- define "autorater.hpa" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
{{ include "autorater.metadata" . }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "autorater.fullname" .root }}-{{ .component }}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
{{- end -}}

{{/* Up at once, to twice as many or four more every 15 s (twice none is none); down slowly, after so many `seconds` of less work and a tenth a minute. */}}
{{- define "autorater.scalingBehavior" -}}
behavior:
  scaleUp:
    stabilizationWindowSeconds: 0
    policies:
      - {type: Percent, value: 100, periodSeconds: 15}
      - {type: Pods, value: 4, periodSeconds: 15}
  scaleDown:
    stabilizationWindowSeconds: {{ .seconds }}
    policies:
      - {type: Percent, value: 10, periodSeconds: 60}
{{- end -}}

{{/* The HPA of an API: by CPU and, where an adapter serves pods metrics, by requests in flight. */}}
{{- define "autorater.apiHpa" -}}
{{- $scaling := .values.autoscaling -}}
{{- if and $scaling.enabled (ne .root.Values.autoscaling.by "keda-metrics-api") -}}
{{ include "autorater.hpa" . }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ $scaling.cpuPercent }}}
    {{- if and $scaling.requestsInFlight (eq .root.Values.autoscaling.by "hpa") }}
    - type: Pods
      pods:
        metric: {name: autorater_http_requests_in_flight}
        target: {type: AverageValue, averageValue: {{ $scaling.requestsInFlight | quote }}}
    {{- end }}
  {{- include "autorater.scalingBehavior" (dict "seconds" 300) | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* The ScaledObject of an API: the same by KEDA, which adds up what the pods say themselves. */}}
{{- define "autorater.apiScaledObject" -}}
{{- $scaling := .values.autoscaling -}}
{{- if and $scaling.enabled (eq .root.Values.autoscaling.by "keda-metrics-api") -}}
{{ include "autorater.scaledObject" (merge (dict "seconds" 300) .) }}
  triggers:
    - type: cpu
      metricType: Utilization
      metadata: {value: {{ $scaling.cpuPercent | quote }}}
    {{- if $scaling.requestsInFlight }}
    - type: metrics-api
      metricType: AverageValue
      metadata:
        url: {{ include "autorater.metricsUrl" . }}
        aggregateFromKubeServiceEndpoints: "true"
        aggregationType: sum
        format: prometheus
        valueLocation: autorater_http_requests_in_flight{service="{{ .component }}"}
        targetValue: {{ $scaling.requestsInFlight | quote }}
    {{- end }}
{{- end -}}
{{- end -}}

{{/* The beginning of a ScaledObject; its triggers follow. Called with `seconds`, too. */}}
{{- define "autorater.scaledObject" -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
{{ include "autorater.metadata" . }}
spec:
  scaleTargetRef: {name: {{ include "autorater.fullname" .root }}-{{ .component }}}
  pollingInterval: {{ .root.Values.autoscaling.keda.pollingInterval }}
  cooldownPeriod: {{ .root.Values.autoscaling.keda.cooldownSeconds }}
  minReplicaCount: {{ .values.autoscaling.minReplicas }}
  maxReplicaCount: {{ .values.autoscaling.maxReplicas }}
  {{- if or (eq .component "scorer-worker") .values.autoscaling.requestsInFlight }}
  # A figure that is missing is an error and not 0: as many pods as there are stay. With 0 here KEDA would end the last.
  fallback:
    failureThreshold: {{ .root.Values.autoscaling.keda.failureThreshold }}
    replicas: {{ max 1 (int .values.autoscaling.minReplicas) }}
    behavior: currentReplicasIfHigher
  {{- end }}
  advanced:
    horizontalPodAutoscalerConfig:
      {{- include "autorater.scalingBehavior" . | nindent 6 }}
{{- end -}}

{{/* Evaluations for each worker: slotsPercent of its slots. */}}
{{- define "autorater.slotsTarget" -}}
{{- max 1 (div (mul (int .Values.worker.autoscaling.slotsPercent) (int .Values.worker.slots)) 100) -}}
{{- end -}}

{{/* The Service by which KEDA finds the metrics of a component: by its addresses, each pod's own, or any one of them. */}}
{{- define "autorater.metricsService" -}}
{{- if eq .root.Values.autoscaling.by "keda-metrics-api" -}}
apiVersion: v1
kind: Service
{{ include "autorater.metadata" (merge (dict "name" (printf "%s-%s-metrics" (include "autorater.fullname" .root) .component)) .) }}
spec:
  type: ClusterIP
  selector:
    {{- include "autorater.selector" . | nindent 4 }}
  ports:
    - {name: admin, port: {{ .admin }}, targetPort: admin}
{{- end -}}
{{- end -}}

{{- define "autorater.metricsUrl" -}}
http://{{ include "autorater.fullname" .root }}-{{ .component }}-metrics.{{ .root.Release.Namespace }}.svc:{{ .admin }}/metrics
{{- end -}}
