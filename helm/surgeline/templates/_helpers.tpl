{{- define "surgeline.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "surgeline.labels" -}}
app.kubernetes.io/name: surgeline
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "surgeline.selector" -}}
app.kubernetes.io/name: surgeline
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "surgeline.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What each process is. `keys` are those of the secret it may see, and no others. One replica
where the log or Redis has one owner: a second could only wait. */}}
{{- define "surgeline.services" -}}
intake: {port: 8410, replicas: 2, args: [-m, services.intake], keys: [pseudonym-key, seal-keys], public: true, job: intake, drain: 5, grace: 40, cpu: 500m, memory: 512Mi}
admission: {port: 8450, replicas: 2, args: [-m, services.admission], keys: [pseudonym-key], public: true, job: admission, drain: 5, grace: 30, cpu: 250m, memory: 256Mi}
tally: {port: 8430, replicas: 2, args: [-m, streams, --only, tally], keys: [seal-keys], job: streams, worker: true, grace: 60, cpu: "1", memory: 1Gi}
surge: {port: 8430, replicas: 2, args: [-m, streams, --only, "surge,staffing"], keys: [seal-keys], job: streams, worker: true, grace: 60, cpu: 500m, memory: 1Gi}
callbacks: {port: 8420, replicas: 1, single: true, args: [-m, services.callbacks], keys: [pseudonym-key, seal-keys], redis: true, phone: true, job: callbacks, grace: 45, cpu: 500m, memory: 512Mi}
boards: {port: 8400, replicas: 2, args: [-m, services.boards], keys: [], public: true, job: boards, drain: 5, grace: 30, cpu: 500m, memory: 512Mi}
command: {port: 8480, replicas: 1, single: true, args: [-m, services.command], keys: [], public: true, job: command, grace: 30, cpu: 100m, memory: 256Mi}
callout: {port: 8470, replicas: 1, single: true, args: [-m, services.callout], keys: [pseudonym-key, seal-keys], redis: true, providers: true, public: true, job: callout, grace: 45, cpu: 250m, memory: 512Mi}
consoles: {port: 8460, replicas: 2, args: [-m, services.consoles], keys: [session-keys, console-token], redis: true, accounts: true, public: true, job: consoles, drain: 5, grace: 30, cpu: 250m, memory: 256Mi}
audit: {port: 8490, replicas: 1, single: true, args: [-m, services.audit], keys: [], job: audit, grace: 30, cpu: 250m, memory: 512Mi}
{{- end -}}

{{- define "surgeline.variable" -}}
{{- $names := dict "pseudonym-key" "SURGELINE_PSEUDONYM_KEY" "seal-keys" "SURGELINE_SEAL_KEYS" "session-keys" "SURGELINE_SESSION_KEYS" "console-token" "SURGELINE_CONSOLE_TOKEN" "phone-token" "SURGELINE_PHONE_TOKEN" -}}
{{- get $names . -}}
{{- end -}}

{{- define "surgeline.kafka.bootstrap" -}}
{{- if .Values.kafka.strimzi -}}
{{ include "surgeline.name" . }}-kafka-kafka-bootstrap:9093
{{- else -}}
{{ .Values.kafka.external.bootstrap }}
{{- end -}}
{{- end -}}

{{- define "surgeline.kafka.security" -}}
{{- if .Values.kafka.strimzi -}}SASL_SSL{{- else -}}{{ .Values.kafka.external.security | default "PLAINTEXT" }}{{- end -}}
{{- end -}}

{{/* What an external broker knows one process by, of `users` or else what all share, as yaml with
user and existingSecret: dict root, process. */}}
{{- define "surgeline.kafka.identity" -}}
{{- $kafka := .root.Values.kafka.external | default dict -}}
{{- $own := get ($kafka.users | default dict) .process | default $kafka -}}
{{ dict "user" ($own.user | default "") "existingSecret" ($own.existingSecret | default "") | toYaml }}
{{- end -}}

{{/* Where the broker's proofs and those of one process come from, as one projected volume: dict
root, process. */}}
{{- define "surgeline.kafka.proofs" -}}
{{- $secret := include "surgeline.kafka.secret" . -}}
{{- if .root.Values.kafka.strimzi -}}
- secret: {name: {{ include "surgeline.kafka.ca" . }}, items: [{key: ca.crt, path: ca.crt}]}
- secret: {name: {{ $secret }}, items: [{key: password, path: password}]}
{{- else if $secret -}}
- secret: {name: {{ $secret }}}
{{- end -}}
{{- end -}}

{{/* Who a process is to the broker; nothing where its certificate says so: dict root, process. */}}
{{- define "surgeline.kafka.user" -}}
{{- if .root.Values.kafka.strimzi -}}
{{ include "surgeline.name" .root }}-user-{{ .process }}
{{- else if eq (include "surgeline.kafka.security" .root) "SASL_SSL" -}}
{{ (include "surgeline.kafka.identity" . | fromYaml).user }}
{{- end -}}
{{- end -}}

{{/* The secret with which it proves that; Strimzi names it after the user: dict root, process. */}}
{{- define "surgeline.kafka.secret" -}}
{{- if .root.Values.kafka.strimzi -}}
{{ include "surgeline.kafka.user" . }}
{{- else -}}
{{ (include "surgeline.kafka.identity" . | fromYaml).existingSecret }}
{{- end -}}
{{- end -}}

{{/* The secret with the broker's own certificate authority: dict root, process. */}}
{{- define "surgeline.kafka.ca" -}}
{{- if .root.Values.kafka.strimzi -}}
{{ include "surgeline.name" .root }}-kafka-cluster-ca-cert
{{- else -}}
{{ include "surgeline.kafka.secret" . }}
{{- end -}}
{{- end -}}

{{- define "surgeline.redis.secret" -}}
{{- if .Values.redis.own -}}{{ .Values.redis.own.existingSecret }}{{- else -}}{{ .Values.redis.external.existingSecret | default "" }}{{- end -}}
{{- end -}}

{{- define "surgeline.container.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "surgeline.pod.security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "surgeline.scale" -}}
{{- /* Replicas of one service on this site. */ -}}
{{- if eq .root.Values.site.role "standby" -}}0{{- else -}}{{ .told.replicas | default .is.replicas }}{{- end -}}
{{- end -}}
