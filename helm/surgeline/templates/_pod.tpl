{{- /* One process as a pod: dict root, name, is (its row), told (what values say of it). */ -}}
{{- define "surgeline.pod" -}}
{{- $root := .root -}}{{- $is := .is -}}{{- $told := .told -}}
{{- $release := include "surgeline.name" $root -}}
{{- $proofs := include "surgeline.kafka.proofs" (dict "root" $root "process" .name) -}}
{{- $keys := $is.keys -}}
{{- if and $is.phone $root.Values.phone.url }}{{ $keys = append $keys "phone-token" }}{{ end -}}
{{- $redisSecret := include "surgeline.redis.secret" $root -}}
metadata:
  labels:
    {{- include "surgeline.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .name }}
  annotations:
    checksum/settings: {{ include (print $root.Template.BasePath "/config.yaml") $root | sha256sum }}
spec:
  serviceAccountName: {{ $release }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $is.grace }}
  securityContext: {{- include "surgeline.pod.security" $root | nindent 4 }}
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.placement.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.placement.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- range $key, $when := dict "topology.kubernetes.io/zone" $root.Values.placement.zones "kubernetes.io/hostname" "ScheduleAnyway" }}
    - topologyKey: {{ $key }}
      maxSkew: 1
      whenUnsatisfiable: {{ $when }}
      labelSelector:
        matchLabels:
          {{- include "surgeline.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ $.name }}
    {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ include "surgeline.image" $root | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [python]
      args: {{- toYaml $is.args | nindent 8 }}
      securityContext: {{- include "surgeline.container.security" $root | nindent 8 }}
      envFrom:
        - configMapRef: {name: {{ $release }}-settings}
      env:
        - {name: SURGELINE_PORT, value: {{ $is.port | quote }}}
        {{- with include "surgeline.kafka.user" (dict "root" $root "process" .name) }}
        - {name: SURGELINE_KAFKA_USER, value: {{ . | quote }}}
        {{- end }}
        {{- range $keys }}
        - {name: {{ include "surgeline.variable" . }}_FILE, value: /etc/surgeline/keys/{{ . }}}
        {{- end }}
        {{- if and $is.redis $redisSecret }}
        - {name: SURGELINE_REDIS_PASSWORD_FILE, value: /etc/surgeline/redis/password}
        {{- if and $root.Values.redis.external (hasPrefix "rediss://" $root.Values.redis.external.url) }}
        - {name: SURGELINE_REDIS_CA_FILE, value: /etc/surgeline/redis/ca.crt}
        {{- end }}
        {{- else if not $is.redis }}
        # This process does not use Redis and holds no password for it.
        - {name: SURGELINE_REDIS, value: "redis://127.0.0.1:6379/0"}
        - {name: SURGELINE_REDIS_USER, value: ""}
        {{- end }}
        {{- if $is.accounts }}
        - {name: SURGELINE_ACCOUNTS, value: /etc/surgeline/accounts/accounts.json}
        - {name: SURGELINE_PUBLIC_URL, value: {{ $root.Values.consoles.publicUrl | quote }}}
        {{- if $root.Values.oidc.existingSecret }}
        - {name: SURGELINE_OIDC_CLIENT_SECRET_FILE, value: /etc/surgeline/oidc/client-secret}
        {{- end }}
        {{- end }}
        {{- if $is.providers }}
        - {name: SURGELINE_CALLOUT_PUBLIC_URL, value: {{ $root.Values.callout.publicUrl | quote }}}
        {{- if $root.Values.callout.providers }}
        - {name: SURGELINE_PROVIDERS, value: /etc/surgeline/providers/providers.toml}
        {{- end }}
        {{- end }}
      ports:
        - {name: http, containerPort: {{ $is.port }}}
      # Started when it answers at all; ready when it has its partitions and reaches the broker;
      # alive as long as it makes progress, whatever the broker does.
      startupProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 2
        failureThreshold: 60
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 3
        timeoutSeconds: 3
        failureThreshold: 2
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 4
      {{- with $is.drain }}
      # Until the load balancers have heard that this pod leaves.
      lifecycle: {preStop: {sleep: {seconds: {{ . }}}}}
      {{- end }}
      resources:
        {{- with $told.resources }}
        {{- toYaml . | nindent 8 }}
        {{- else }}
        requests: {cpu: {{ $is.cpu | quote }}, memory: {{ $is.memory }}}
        limits: {cpu: "2", memory: {{ $is.memory }}}
        {{- end }}
      volumeMounts:
        - {name: centre, mountPath: /etc/surgeline/centre, readOnly: true}
        - {name: tokens, mountPath: /etc/surgeline/tokens, readOnly: true}
        {{- if $keys }}
        - {name: keys, mountPath: /etc/surgeline/keys, readOnly: true}
        {{- end }}
        {{- if $proofs }}
        - {name: kafka, mountPath: /etc/surgeline/kafka, readOnly: true}
        {{- end }}
        {{- if and $is.redis $redisSecret }}
        - {name: redis, mountPath: /etc/surgeline/redis, readOnly: true}
        {{- end }}
        {{- if $is.accounts }}
        - {name: accounts, mountPath: /etc/surgeline/accounts, readOnly: true}
        {{- if $root.Values.oidc.existingSecret }}
        - {name: oidc, mountPath: /etc/surgeline/oidc, readOnly: true}
        {{- end }}
        {{- end }}
        {{- if and $is.providers $root.Values.callout.providers }}
        - {name: providers, mountPath: /etc/surgeline/providers, readOnly: true}
        {{- end }}
        - {name: scratch, mountPath: /tmp}
        - {name: folder, mountPath: /var/lib/surgeline}
  volumes:
    - name: centre
      configMap: {name: {{ $root.Values.centre.existingConfigMap | default (printf "%s-centre" $release) }}}
    - name: tokens
      secret: {secretName: {{ $root.Values.secrets.existingSecret }}, items: [{key: tokens.json, path: tokens.json}]}
    {{- if $keys }}
    # Each process sees its own keys of the secret, and no others.
    - name: keys
      secret:
        secretName: {{ $root.Values.secrets.existingSecret }}
        defaultMode: 288
        items:
          {{- range $keys }}
          - {key: {{ . }}, path: {{ . }}}
          {{- end }}
    {{- end }}
    {{- if $proofs }}
    - name: kafka
      projected:
        defaultMode: 288
        sources: {{- $proofs | nindent 10 }}
    {{- end }}
    {{- if and $is.redis $redisSecret }}
    - name: redis
      secret: {secretName: {{ $redisSecret }}, defaultMode: 288}
    {{- end }}
    {{- if $is.accounts }}
    - name: accounts
      secret: {secretName: {{ $root.Values.secrets.existingSecret }}, items: [{key: accounts.json, path: accounts.json}]}
    {{- if $root.Values.oidc.existingSecret }}
    - name: oidc
      secret: {secretName: {{ $root.Values.oidc.existingSecret }}, defaultMode: 288}
    {{- end }}
    {{- end }}
    {{- if and $is.providers $root.Values.callout.providers }}
    - name: providers
      secret: {secretName: {{ $root.Values.secrets.existingSecret }}, items: [{key: providers.toml, path: providers.toml}]}
    {{- end }}
    - {name: scratch, emptyDir: {sizeLimit: 64Mi}}
    - {name: folder, emptyDir: {sizeLimit: 256Mi}}
{{- end -}}
