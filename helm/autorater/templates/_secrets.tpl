{{/* Which Secret holds what. */}}

{{- define "autorater.databaseSecret" -}}
{{- if .Values.postgresql.enabled -}}
{{- include "autorater.fullname" . }}-postgresql
{{- else -}}
{{- .Values.existingSecret | default (include "autorater.fullname" .) -}}
{{- end -}}
{{- end -}}

{{- define "autorater.redisSecret" -}}
{{- if .Values.redis.enabled -}}
{{- include "autorater.fullname" . }}-redis
{{- else -}}
{{- .Values.existingSecret | default (include "autorater.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the first administrator's key; empty where none is made. */}}
{{- define "autorater.adminKeySecret" -}}
{{- if and (eq (toString .Values.auth.mode) "keys") .Values.migration.enabled -}}
{{- .Values.auth.adminKeySecret | default (printf "%s-admin-key" (include "autorater.fullname" .)) -}}
{{- end -}}
{{- end -}}

{{/* A password: the one that is set, the one that is there, or a new one. Called with `root`, `name` of the Secret, `set`. */}}
{{- define "autorater.password" -}}
{{- $there := lookup "v1" "Secret" .root.Release.Namespace .name -}}
{{- if .set -}}
{{- .set -}}
{{- else if $there -}}
{{- index $there.data "password" | b64dec -}}
{{- else -}}
{{- randAlphaNum 32 -}}
{{- end -}}
{{- end -}}

{{/* Changes when a pod has to start anew to see a value: not with `settings`, which is watched. */}}
{{- define "autorater.checksum" -}}
{{- $secrets := list .Values.database.url .Values.redis.url .Values.provider.apiKey .Values.postgresql.password .Values.redis.password -}}
{{- printf "%s%s" (include "autorater.env" .) (toJson $secrets) | sha256sum -}}
{{- end -}}
