import type { ClusterSpec } from './spec.js';
import type { ClusterFile } from './templates.js';

/** `kuberay.yaml`: a RayJob whose driver is the server; the cluster goes when it ends. */
export function kubeRayFile(spec: ClusterSpec): ClusterFile {
  const { name, plan } = spec;
  const job = {
    apiVersion: 'ray.io/v1',
    kind: 'RayJob',
    metadata: { name, labels: { 'app.kubernetes.io/name': name } },
    spec: {
      entrypoint: '/home/ray/orz/serve.sh',
      shutdownAfterJobFinishes: true,
      rayClusterSpec: {
        rayVersion: '2.57.0',
        headGroupSpec: {
          rayStartParams: { 'num-gpus': String(plan.gpusPerNode), 'dashboard-host': '0.0.0.0' },
          template: podTemplate(spec),
        },
        ...(plan.nodes > 1 && { workerGroupSpecs: [workers(spec)] }),
      },
    },
  };
  return { name: 'kuberay.yaml', text: `${kubeRayNotes(name)}${toYaml(job)}` };
}

const kubeRayNotes = (name: string): string => `# A RayJob for KubeRay. Written by orz-train cluster.
# Before: build the image (Dockerfile), put its name in place of REGISTRY/orz-skyrl, and make a volume claim
# orz-checkpoints that all pods can write. Then: kubectl apply -f kuberay.yaml
# Reach it from here:
#   pod=$(kubectl get pods -l ray.io/node-type=head,app.kubernetes.io/name=${name} -o name)
#   kubectl port-forward "$pod" 8000
`;

const workers = (spec: ClusterSpec) => ({
  groupName: 'gpus',
  replicas: spec.plan.nodes - 1,
  minReplicas: spec.plan.nodes - 1,
  maxReplicas: spec.plan.nodes - 1,
  rayStartParams: { 'num-gpus': String(spec.plan.gpusPerNode) },
  template: podTemplate(spec),
});

/** Memory: what waits there of both models, and a quarter more for data and loading. */
function podTemplate({ name, plan }: ClusterSpec) {
  const memory = `${Math.ceil((1.25 * plan.hostBytesPerNode) / 2 ** 30)}Gi`;
  return {
    metadata: { labels: { 'app.kubernetes.io/name': name } },
    spec: {
      containers: [
        {
          name: 'ray',
          image: 'REGISTRY/orz-skyrl',
          env: [
            { name: 'ORZ_CHECKPOINTS', value: '/checkpoints' },
            { name: 'ORZ_DATABASE_URL', value: 'sqlite:////home/ray/orz-tinker.db' },
            { name: 'RAY_ENABLE_UV_RUN_RUNTIME_ENV', value: '0' },
          ],
          resources: {
            limits: { 'nvidia.com/gpu': String(plan.gpusPerNode), memory },
            requests: { 'nvidia.com/gpu': String(plan.gpusPerNode), memory },
          },
          volumeMounts: [
            { name: 'checkpoints', mountPath: '/checkpoints' },
            { name: 'shared-memory', mountPath: '/dev/shm' },
          ],
        },
      ],
      volumes: [
        { name: 'checkpoints', persistentVolumeClaim: { claimName: 'orz-checkpoints' } },
        { name: 'shared-memory', emptyDir: { medium: 'Memory' } },
      ],
    },
  };
}

/** Block style; every text in double quotes, in which YAML reads JSON's escapes. */
function toYaml(value: unknown, indent = ''): string {
  if (Array.isArray(value))
    return value.map((entry) => `${indent}- ${toYaml(entry, `${indent}  `).trimStart()}`).join('');
  if (typeof value !== 'object' || value === null) return `${indent}${JSON.stringify(value)}\n`;
  return Object.entries(value)
    .map(([key, inner]) => {
      const isBlock = typeof inner === 'object' && inner !== null;
      const shown = isBlock ? `\n${toYaml(inner, `${indent}  `)}` : ` ${toYaml(inner)}`;
      return `${indent}${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}:${shown}`;
    })
    .join('');
}
