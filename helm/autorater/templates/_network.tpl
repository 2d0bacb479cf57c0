{{/* Rules of NetworkPolicies. */}}

{{/* Called with `to`, a list of peers (empty: anywhere), and `ports`. */}}
{{- define "autorater.egress" -}}
- ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Called with `root`, `component`, `port`. */}}
{{- define "autorater.egressTo" -}}
- ports:
    - {protocol: TCP, port: {{ .port }}}
  to:
    - podSelector:
        matchLabels:
          {{- include "autorater.selector" . | nindent 10 }}
{{- end -}}

{{- define "autorater.egressDns" -}}
- ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end -}}

{{- define "autorater.egressDatabase" -}}
{{- if .Values.postgresql.enabled -}}
{{ include "autorater.egressTo" (dict "root" . "component" "postgresql" "port" 5432) }}
{{- else -}}
{{ include "autorater.egress" (dict "to" .Values.networkPolicy.database.to "ports" (list .Values.networkPolicy.database.port)) }}
{{- end -}}
{{- end -}}

{{- define "autorater.egressRedis" -}}
{{- if .Values.redis.enabled -}}
{{ include "autorater.egressTo" (dict "root" . "component" "redis" "port" 6379) }}
{{- else -}}
{{ include "autorater.egress" (dict "to" .Values.networkPolicy.redis.to "ports" .Values.networkPolicy.redis.ports) }}
{{- end -}}
{{- end -}}

{{/* What every service calls: names, PostgreSQL, Redis, the collector of traces. */}}
{{- define "autorater.egressCommon" -}}
{{ include "autorater.egressDns" . }}
{{ include "autorater.egressDatabase" . }}
{{ include "autorater.egressRedis" . }}
{{- if .Values.otelEndpoint }}
{{ include "autorater.egress" (dict "to" .Values.networkPolicy.otel.to "ports" (list .Values.networkPolicy.otel.port)) }}
{{- end }}
{{- end -}}

{{- define "autorater.ingressAdmin" -}}
- ports:
    - {protocol: TCP, port: admin}
  from:
    {{- with .Values.networkPolicy.monitoring }}
    {{- toYaml . | nindent 4 }}
    {{- if and $.Values.networkPolicy.autoscaler (eq $.Values.autoscaling.by "keda-metrics-api") }}
    {{- toYaml $.Values.networkPolicy.autoscaler | nindent 4 }}
    {{- end }}
    {{- else }}
    - namespaceSelector: {}
    {{- end }}
{{- end -}}

{{/* Who may call an API: those that are named, and the pod of `helm test`; nobody named is everybody. */}}
{{- define "autorater.ingressHttp" -}}
- ports:
    - {protocol: TCP, port: http}
  {{- with .Values.networkPolicy.clients }}
  from:
    {{- toYaml . | nindent 4 }}
    - podSelector:
        matchLabels:
          {{- include "autorater.selector" (dict "root" $ "component" "test") | nindent 10 }}
  {{- end }}
{{- end -}}

{{/* Only these components of the release may call. Called with `root`, `components`, `port`. */}}
{{- define "autorater.ingressFrom" -}}
- ports:
    - {protocol: TCP, port: {{ .port }}}
  from:
    - podSelector:
        matchLabels:
          app.kubernetes.io/name: {{ include "autorater.name" .root }}
          app.kubernetes.io/instance: {{ .root.Release.Name }}
        matchExpressions:
          - {key: app.kubernetes.io/component, operator: In, values: [{{ join ", " .components }}]}
{{- end -}}

{{/* The beginning of the policy of one component; `ingress` and `egress` follow. */}}
{{- define "autorater.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{{ include "autorater.metadata" . }}
spec:
  podSelector:
    matchLabels:
      {{- include "autorater.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end -}}
