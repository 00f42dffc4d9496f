"""Waits until Ray has as many GPUs as the run needs. Written by orz-train cluster."""

import sys
import time

import ray

wanted = int(sys.argv[1])
for _ in range(360):
    try:
        ray.init(log_to_driver=False, ignore_reinit_error=True)  # at RAY_ADDRESS
        found = int(ray.cluster_resources().get("GPU", 0))
        print(f"{found} of {wanted} GPUs", flush=True)
        if found >= wanted:
            sys.exit(0)
    except ConnectionError:
        print("Ray is not there yet", flush=True)
    time.sleep(5)
sys.exit("not all nodes have joined within 30 minutes")
