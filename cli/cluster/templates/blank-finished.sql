-- Takes the content out of requests that ended over an hour ago, for PostgreSQL. Written by orz-train cluster.
UPDATE futures SET request_data = '{}', result_data = NULL
WHERE status = 'COMPLETED' AND result_data IS NOT NULL AND completed_at < now() - interval '1 hour';
