{{/* How many processes there are, and how many connections they may hold. */}}

{{/* Most pods of one service at once, those of a rollout included. */}}
{{- define "autorater.most" -}}
{{- add (ternary .autoscaling.maxReplicas .replicas .autoscaling.enabled) .maxSurge -}}
{{- end -}}

{{/* All processes that hold a pool. */}}
{{- define "autorater.processes" -}}
{{- $sum := 0 -}}
{{- range list .Values.ingest .Values.status .Values.worker -}}
{{- $sum = add $sum (include "autorater.most" . | int) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/* For each process its pool and one for a heartbeat, as the services reckon before they serve; two of KEDA where it asks PostgreSQL, and five: those kept for
superusers, the migration, somebody with psql. */}}
{{- define "autorater.connections" -}}
{{- $pools := mul (add1 (int .Values.database.poolSize)) (include "autorater.processes" . | int) -}}
{{- $keda := ternary 2 0 (and .Values.worker.autoscaling.enabled (eq .Values.autoscaling.by "keda-postgresql")) -}}
{{- add $pools $keda 5 -}}
{{- end -}}

{{- define "autorater.maxConnections" -}}
{{- ternary .Values.postgresql.maxConnections .Values.database.maxConnections .Values.postgresql.enabled -}}
{{- end -}}
