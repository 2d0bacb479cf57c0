{{/* The small PostgreSQL and Redis of the release: one pod each. Called with `root`, `component`, `values`. */}}

{{- define "autorater.storeService" -}}
apiVersion: v1
kind: Service
{{ include "autorater.metadata" . }}
spec:
  clusterIP: None
  selector:
    {{- include "autorater.selector" . | nindent 4 }}
  ports:
    - {name: {{ .component }}, port: {{ .port }}, targetPort: {{ .component }}}
{{- end -}}

{{/* The beginning of the StatefulSet, up to `containers`. */}}
{{- define "autorater.storeHead" -}}
apiVersion: apps/v1
kind: StatefulSet
{{ include "autorater.metadata" . }}
spec:
  replicas: 1
  serviceName: {{ include "autorater.fullname" .root }}-{{ .component }}
  selector:
    matchLabels:
      {{- include "autorater.selector" . | nindent 6 }}
  {{- if .values.persistence.enabled }}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .values.persistence.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .values.persistence.size }}}}
  {{- end }}
  template:
    metadata:
      # Not those with versions: a new release of the chart is no reason to restart a database.
      labels:
        {{- include "autorater.selector" . | nindent 8 }}
      annotations:
        checksum/password: {{ .values.password | sha256sum }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 60
      # The user of the official images.
      securityContext:
        runAsNonRoot: true
        runAsUser: 999
        runAsGroup: 999
        fsGroup: 999
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "autorater.storeVolumes" -}}
- {name: tmp, emptyDir: {}}
{{- if not .persistence.enabled }}
- {name: data, emptyDir: {}}
{{- end }}
{{- end -}}
