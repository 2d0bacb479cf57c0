{{/* Contradictory values: each fault is a sentence, and the render fails with all of them. */}}
{{- define "autorater.checks" -}}
{{- $v := .Values -}}
{{- $faults := list -}}

{{- /* The database and its limit. */}}
{{- $limit := include "autorater.maxConnections" . | int -}}
{{- $need := include "autorater.connections" . | int -}}
{{- if gt $need $limit -}}
{{- $name := ternary "postgresql.maxConnections" "database.maxConnections" $v.postgresql.enabled -}}
{{- $faults = append $faults (printf "Up to %s processes with database.poolSize %d need %d connections (a heartbeat for each and 5 spare ones included), but %s is %d: lower database.poolSize, replicas, maxReplicas or maxSurge, or raise the limit of the server and this value." (include "autorater.processes" .) (int $v.database.poolSize) $need $name $limit) -}}
{{- end -}}
{{- if and $v.postgresql.enabled $v.database.url -}}
{{- $faults = append $faults "postgresql.enabled and database.url both say where the database is: set one of them." -}}
{{- end -}}
{{- if and $v.existingSecret $v.database.url -}}
{{- $faults = append $faults "existingSecret and database.url both hold the database's address: set one of them." -}}
{{- end -}}
{{- if not (or $v.postgresql.enabled $v.database.url $v.existingSecret) -}}
{{- $faults = append $faults "There is no database: set existingSecret or database.url, or postgresql.enabled=true for a first try." -}}
{{- end -}}

{{- /* Redis. */}}
{{- if ne $v.redis.maxmemoryPolicy "noeviction" -}}
{{- $faults = append $faults (printf "redis.maxmemoryPolicy is %s: a Redis that evicts keys throws work away, and the services refuse to start on it. Only noeviction will do." $v.redis.maxmemoryPolicy) -}}
{{- end -}}
{{- if and $v.redis.enabled $v.redis.url -}}
{{- $faults = append $faults "redis.enabled and redis.url both say where Redis is: set one of them." -}}
{{- end -}}
{{- if and $v.existingSecret $v.redis.url -}}
{{- $faults = append $faults "existingSecret and redis.url both hold the address of Redis: set one of them." -}}
{{- end -}}
{{- if not (or $v.redis.enabled $v.redis.url $v.existingSecret) -}}
{{- $faults = append $faults "There is no Redis: set existingSecret or redis.url, or redis.enabled=true for a first try." -}}
{{- end -}}

{{- /* The provider. */}}
{{- $file := dict -}}
{{- if $v.settings -}}
{{- $file = fromToml $v.settings -}}
{{- if hasKey $file "Error" -}}
{{- $faults = append $faults (printf "settings is not TOML: %s." (trimSuffix "." (toString (index $file "Error")))) -}}
{{- $file = dict -}}
{{- end -}}
{{- end -}}
{{- $models := index $file "models" | default dict -}}
{{- if and $v.mock.enabled (or $v.provider.baseUrl $v.provider.apiKey) -}}
{{- $faults = append $faults "mock.enabled simulates the provider, and provider.baseUrl or provider.apiKey names a real one: set one of them." -}}
{{- end -}}
{{- if and $v.existingSecret $v.provider.apiKey -}}
{{- $faults = append $faults "existingSecret and provider.apiKey both hold the provider's key: set one of them." -}}
{{- end -}}
{{- if and (hasKey $models "*") $v.provider.baseUrl -}}
{{- $faults = append $faults "[models.\"*\"] in settings and provider.baseUrl both say where other models are called: set one of them." -}}
{{- end -}}
{{- if not (or $v.mock.enabled $v.provider.baseUrl $v.provider.apiKey $models) -}}
{{- $faults = append $faults "There is no provider: set provider.baseUrl, provider.apiKey or a table [models.NAME] in settings, or mock.enabled=true for a first try." -}}
{{- end -}}
{{- range $name, $provider := index $file "providers" | default dict -}}
{{- if and (kindIs "map" $provider) (hasKey $provider "api_key") -}}
{{- $faults = append $faults (printf "settings becomes a ConfigMap, but holds the key of [providers.%s]: put it into a Secret, and name that in providerKeys and api_key_file." $name) -}}
{{- end -}}
{{- end -}}
{{- range $place := list "database.url" "redis.url" "provider.api_key" -}}
{{- $parts := splitList "." $place -}}
{{- $section := index $file (first $parts) | default dict -}}
{{- if and (kindIs "map" $section) (hasKey $section (last $parts)) -}}
{{- $faults = append $faults (printf "settings becomes a ConfigMap, but holds the secret %s: put it into existingSecret." $place) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := $v.providerKeys -}}
{{- if not (contains (printf "/etc/autorater/keys/%s" $name) $v.settings) -}}
{{- $faults = append $faults (printf "providerKeys.%s is named nowhere: write api_key_file = \"/etc/autorater/keys/%s\" into its provider in settings." $name $name) -}}
{{- end -}}
{{- end -}}

{{- /* Time to stop. Behind its drain a process takes 1 s for what runs over, 1 s for its last tasks and 2 s for the last spans; a
worker 3 s more to requeue what did not end. */}}
{{- range $name, $values := dict "ingest" $v.ingest "status" $v.status -}}
{{- if lt (int $values.terminationGracePeriodSeconds) (add (int $values.preStopSeconds) (int $values.drainSeconds) 4 | int) -}}
{{- $faults = append $faults (printf "%s.terminationGracePeriodSeconds must be at least 4 more than preStopSeconds and drainSeconds together, else pods are killed while they drain." $name) -}}
{{- end -}}
{{- end -}}
{{- if lt (int $v.worker.terminationGracePeriodSeconds) (add (int $v.worker.drainSeconds) 7 | int) -}}
{{- $faults = append $faults "worker.terminationGracePeriodSeconds must be at least 7 more than worker.drainSeconds, else workers are killed while they drain or requeue." -}}
{{- end -}}

{{- /* Numbers of pods. */}}
{{- range $name, $values := dict "ingest" $v.ingest "status" $v.status "worker" $v.worker -}}
{{- if and $values.autoscaling.enabled (gt (int $values.autoscaling.minReplicas) (int $values.autoscaling.maxReplicas)) -}}
{{- $faults = append $faults (printf "%s.autoscaling.minReplicas is more than maxReplicas." $name) -}}
{{- end -}}
{{- end -}}

{{- if and $v.worker.autoscaling.enabled (eq (int $v.worker.autoscaling.minReplicas) 0) (eq $v.autoscaling.by "hpa") (semverCompare "<1.37.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $faults = append $faults (printf "worker.autoscaling.minReplicas is 0, which an HPA may be asked for from Kubernetes 1.37 on, and this is %s: set 1, or autoscaling.by to keda-metrics-api or keda-postgresql." .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if and (ne $v.autoscaling.by "keda-postgresql") $v.autoscaling.keda.postgresqlSecret -}}
{{- $faults = append $faults "autoscaling.keda.postgresqlSecret is used by autoscaling.by keda-postgresql alone." -}}
{{- end -}}
{{- if and (ne $v.autoscaling.by "hpa") $v.autoscaling.adapterRules.enabled -}}
{{- $faults = append $faults "autoscaling.adapterRules are for autoscaling.by hpa: KEDA and an adapter are not to serve the same figures." -}}
{{- end -}}
{{- if and $v.worker.autoscaling.enabled (eq $v.autoscaling.by "keda-metrics-api") (eq (int $v.status.replicas) 0) (not $v.status.autoscaling.enabled) -}}
{{- $faults = append $faults "autoscaling.by keda-metrics-api asks status-api, and status.replicas is 0." -}}
{{- end -}}

{{- /* Ingress. */}}
{{- if $v.ingress.enabled -}}
{{- if not (and $v.ingress.ingestHost $v.ingress.statusHost) -}}
{{- $faults = append $faults "ingress.enabled needs ingress.ingestHost and ingress.statusHost." -}}
{{- else if eq $v.ingress.ingestHost $v.ingress.statusHost -}}
{{- $faults = append $faults "ingress.ingestHost and ingress.statusHost are the same: each API needs a host of its own." -}}
{{- end -}}
{{- end -}}

{{- /* The environment. */}}
{{- range $name, $instead := include "autorater.taken" . | fromYaml -}}
{{- if hasKey $v.env $name -}}
{{- $faults = append $faults (printf "env.%s is the chart's own to set%s." $name (ternary "" (printf ": use %s instead" $instead) (eq $instead "nothing"))) -}}
{{- end -}}
{{- end -}}

{{- if $faults -}}
{{- fail (printf "\n\n%s\n" (join "\n" $faults)) -}}
{{- end -}}
{{- end -}}
