{{/* The environment that all services share, without secrets. */}}
{{- define "autorater.env" -}}
LOG_FORMAT: json
RUST_LOG: {{ .Values.logFilter | quote }}
STATUS_URL: {{ include "autorater.statusUrl" . | quote }}
INGEST_URL: {{ include "autorater.ingestUrl" . | quote }}
SCORING_MODEL: {{ .Values.scoringModel | quote }}
{{- with include "autorater.providerUrl" . }}
OPENAI_BASE_URL: {{ . | quote }}
{{- end }}
{{- with .Values.otelEndpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . | quote }}
{{- end }}
{{- if .Values.settings }}
AUTORATER_CONFIG: /etc/autorater/settings/settings.toml
{{- end }}
{{- /* An `off` without quotes is false in YAML. */}}
{{- if eq (toString .Values.auth.mode) "keys" }}
AUTORATER__AUTH__MODE: "keys"
{{- else }}
AUTORATER__AUTH__MODE: "off"
AUTORATER__AUTH__ALLOW_PUBLIC: "true"
{{- end }}
AUTORATER__DATABASE__POOL_SIZE: {{ .Values.database.poolSize | quote }}
AUTORATER__DATABASE__PROCESSES: {{ include "autorater.processes" . | quote }}
AUTORATER__WORKER__SLOTS: {{ .Values.worker.slots | quote }}
AUTORATER__WORKER__DRAIN: {{ printf "%ds" (int .Values.worker.drainSeconds) | quote }}
{{- range $name, $value := .Values.env }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* The names that the chart itself sets, by what to set instead. */}}
{{- define "autorater.taken" -}}
LOG_FORMAT: nothing
RUST_LOG: logFilter
AUTORATER__LOG__FILTER: logFilter
STATUS_URL: statusUrl
AUTORATER__HTTP__STATUS_URL: statusUrl
INGEST_URL: ingestUrl
AUTORATER__HTTP__INGEST_URL: ingestUrl
SCORING_MODEL: scoringModel
AUTORATER__JUDGE__SCORING_MODEL: scoringModel
OPENAI_BASE_URL: provider.baseUrl
AUTORATER__PROVIDER__BASE_URL: provider.baseUrl
OPENAI_API_KEY: existingSecret or provider.apiKey
AUTORATER__PROVIDER__API_KEY: existingSecret or provider.apiKey
OTEL_EXPORTER_OTLP_ENDPOINT: otelEndpoint
AUTORATER__OTEL__ENDPOINT: otelEndpoint
AUTORATER_CONFIG: settings
AUTORATER__AUTH__MODE: auth.mode
AUTORATER__AUTH__ALLOW_PUBLIC: auth.mode
DATABASE_URL: existingSecret or database.url
AUTORATER__DATABASE__URL: existingSecret or database.url
AUTORATER__DATABASE__POOL_SIZE: database.poolSize
AUTORATER__DATABASE__PROCESSES: replicas and autoscaling.maxReplicas
REDIS_URL: existingSecret or redis.url
AUTORATER__REDIS__URL: existingSecret or redis.url
AUTORATER__WORKER__SLOTS: worker.slots
AUTORATER__WORKER__DRAIN: worker.drainSeconds
AUTORATER__HTTP__DRAIN: ingest.drainSeconds and status.drainSeconds
LISTEN_ADDR: nothing
AUTORATER__HTTP__LISTEN_ADDR: nothing
ADMIN_ADDR: nothing
AUTORATER__ADMIN__ADDR: nothing
{{- end -}}
