{{/* Names and labels. */}}

{{- define "autorater.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "autorater.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "autorater.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Called with a dict of `root` and `component`. */}}
{{- define "autorater.selector" -}}
app.kubernetes.io/name: {{ include "autorater.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "autorater.labels" -}}
{{ include "autorater.selector" . }}
app.kubernetes.io/part-of: autorater
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The beginning of every object: apiVersion and kind stand before it. */}}
{{- define "autorater.metadata" -}}
metadata:
  name: {{ .name | default (printf "%s-%s" (include "autorater.fullname" .root) .component) }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "autorater.labels" . | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Called with a dict of `root` and `image`, the last part of the name. */}}
{{- define "autorater.image" -}}
{{- with .root.Values.image -}}
{{- if .registry }}{{ .registry | trimSuffix "/" }}/{{ end }}{{ .repository }}/{{ $.image }}:{{ .tag | default $.root.Chart.AppVersion }}{{ with index .digests $.image }}@{{ . }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "autorater.serviceAccountName" -}}
{{- $own := printf "%s-%s" (include "autorater.fullname" .root) .component -}}
{{- if .values.serviceAccount.create -}}
{{- .values.serviceAccount.name | default $own -}}
{{- else -}}
{{- .values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Where clients reach status-api. */}}
{{- define "autorater.statusUrl" -}}
{{- if .Values.statusUrl -}}
{{- .Values.statusUrl -}}
{{- else if and .Values.ingress.enabled .Values.ingress.statusHost -}}
{{- ternary "https" "http" (not (empty .Values.ingress.tlsSecret)) }}://{{ .Values.ingress.statusHost }}/
{{- else -}}
http://{{ include "autorater.fullname" . }}-status-api.{{ .Release.Namespace }}:{{ .Values.status.service.port }}/
{{- end -}}
{{- end -}}

{{/* Where clients reach ingest-api: the dashboard says it. */}}
{{- define "autorater.ingestUrl" -}}
{{- if .Values.ingestUrl -}}
{{- .Values.ingestUrl -}}
{{- else if and .Values.ingress.enabled .Values.ingress.ingestHost -}}
{{- ternary "https" "http" (not (empty .Values.ingress.tlsSecret)) }}://{{ .Values.ingress.ingestHost }}/
{{- else -}}
http://{{ include "autorater.fullname" . }}-ingest-api.{{ .Release.Namespace }}:{{ .Values.ingest.service.port }}/
{{- end -}}
{{- end -}}

{{/* Where models that the settings do not list are called. Settings with `[models."*"]` list all, and may name the simulated provider with limits of its own. */}}
{{- define "autorater.providerUrl" -}}
{{- if not .Values.mock.enabled -}}
{{- .Values.provider.baseUrl -}}
{{- else if not (hasKey (index (fromToml .Values.settings) "models" | default dict) "*") -}}
http://{{ include "autorater.fullname" . }}-mock-llm:4010/v1
{{- end -}}
{{- end -}}
