{{/* The three services differ in little. Each of these is called with a dict of `root`, `component`, `values`, and
`http` and `admin`, its ports (a worker has no `http`). */}}

{{- define "autorater.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "autorater.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "autorater.deployment" -}}
{{- $own := . -}}
{{- $values := .values -}}
{{- $worker := not .http -}}
apiVersion: apps/v1
kind: Deployment
{{ include "autorater.metadata" . }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: {{ $values.maxSurge }}, maxUnavailable: {{ ternary 0 1 (gt (int $values.maxSurge) 0) }}}
  selector:
    matchLabels:
      {{- include "autorater.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "autorater.selector" . | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/env: {{ include "autorater.checksum" .root }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "autorater.serviceAccountName" . }}
      automountServiceAccountToken: false
      # Variables of Services could be taken for settings.
      enableServiceLinks: false
      {{- with .root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "autorater.podSecurity" . | nindent 8 }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      {{- if .root.Values.topologySpread.enabled }}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: {{ $own.root.Values.topologySpread.whenUnsatisfiable }}
          matchLabelKeys: [pod-template-hash]
          labelSelector:
            matchLabels:
              {{- include "autorater.selector" $own | nindent 14 }}
        {{- end }}
      {{- end }}
      {{- range $key := list "nodeSelector" "tolerations" "affinity" }}
      {{- with index $values $key }}
      {{ $key }}:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "autorater.image" (dict "root" .root "image" .component) }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [serve]
          securityContext:
            {{- include "autorater.containerSecurity" . | nindent 12 }}
          ports:
            {{- if .http }}
            - {name: http, containerPort: {{ .http }}}
            {{- end }}
            - {name: admin, containerPort: {{ .admin }}}
          envFrom:
            - configMapRef: {name: {{ include "autorater.fullname" .root }}-env}
          env:
            {{- if .http }}
            - {name: LISTEN_ADDR, value: "0.0.0.0:{{ .http }}"}
            - {name: AUTORATER__HTTP__DRAIN, value: {{ $values.drainSeconds }}s}
            {{- end }}
            - {name: ADMIN_ADDR, value: "0.0.0.0:{{ .admin }}"}
            {{- include "autorater.databaseEnv" .root | nindent 12 }}
            {{- include "autorater.redisEnv" .root | nindent 12 }}
            {{- if and $worker (not .root.Values.mock.enabled) (or .root.Values.existingSecret .root.Values.provider.apiKey) }}
            - name: OPENAI_API_KEY
              valueFrom:
                secretKeyRef: {name: {{ .root.Values.existingSecret | default (include "autorater.fullname" .root) }}, key: openai-api-key, optional: true}
            {{- end }}
          livenessProbe:
            httpGet: {path: /livez, port: admin}
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          readinessProbe:
            httpGet: {path: /readyz, port: admin}
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 2
          {{- if and .http (gt (int $values.preStopSeconds) 0) }}
          lifecycle:
            preStop:
              sleep: {seconds: {{ $values.preStopSeconds }}}
          {{- end }}
          {{- with $values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- if or .root.Values.settings (and $worker .root.Values.providerKeys) }}
          volumeMounts:
            {{- if .root.Values.settings }}
            # The whole directory: a file mounted by itself would not follow an edit.
            - {name: settings, mountPath: /etc/autorater/settings, readOnly: true}
            {{- end }}
            {{- if and $worker .root.Values.providerKeys }}
            - {name: keys, mountPath: /etc/autorater/keys, readOnly: true}
            {{- end }}
          {{- end }}
      {{- if or .root.Values.settings (and $worker .root.Values.providerKeys) }}
      volumes:
        {{- if .root.Values.settings }}
        - name: settings
          configMap: {name: {{ include "autorater.fullname" .root }}-settings}
        {{- end }}
        {{- if and $worker .root.Values.providerKeys }}
        - name: keys
          projected:
            # Read by the group that the process is of.
            defaultMode: 0440
            sources:
              {{- range $name, $key := .root.Values.providerKeys }}
              - secret:
                  name: {{ $key.secretName }}
                  items: [{key: {{ $key.key }}, path: {{ $name }}}]
              {{- end }}
        {{- end }}
      {{- end }}
{{- end -}}

{{- define "autorater.databaseEnv" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef: {name: {{ include "autorater.databaseSecret" . }}, key: database-url}
{{- end -}}

{{- define "autorater.redisEnv" -}}
- name: REDIS_URL
  valueFrom:
    secretKeyRef: {name: {{ include "autorater.redisSecret" . }}, key: redis-url}
{{- end -}}

{{- define "autorater.serviceAccount" -}}
{{- if .values.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
{{ include "autorater.metadata" (merge (dict "name" (include "autorater.serviceAccountName" .)) .) }}
  {{- with .values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}
{{- end -}}

{{- define "autorater.service" -}}
apiVersion: v1
kind: Service
{{ include "autorater.metadata" . }}
  {{- with .values.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .values.service.type }}
  selector:
    {{- include "autorater.selector" . | nindent 4 }}
  ports:
    - {name: http, port: {{ .values.service.port }}, targetPort: http}
{{- end -}}

{{- define "autorater.pdb" -}}
{{- if .values.pdb.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
{{ include "autorater.metadata" . }}
spec:
  maxUnavailable: {{ .values.pdb.maxUnavailable }}
  # A pod that is not ready, say because a dependency is away, must not keep a node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "autorater.selector" . | nindent 6 }}
{{- end -}}
{{- end -}}
