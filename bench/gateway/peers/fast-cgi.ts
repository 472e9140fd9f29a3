import { execFile, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "@honua/testing/eventually";
import { stopProcess } from "../gateway-process.ts";
import { PROCESSES } from "./peer.ts";

const run = promisify(execFile);

/** The programs that run a FastCGI program. */
export const FAST_CGI_PROGRAMS = ["/usr/bin/spawn-fcgi", "/usr/sbin/nginx"] as const;

/**
 * Runs a FastCGI program in several permanent processes behind nginx, over a Unix socket.
 *
 * @param options.port the port of nginx
 * @param options.probe a path that responds when the program is ready
 */
export async function startFastCgi(options: {
  program: string;
  environment: Readonly<Record<string, string>>;
  scratch: string;
  port: number;
  probe: string;
}): Promise<{ url: string; stop(): Promise<void> }> {
  const { program, scratch, port } = options;
  const socket = join(scratch, "fast-cgi.socket");
  const pidFile = join(scratch, "fast-cgi.pids");
  const flags = ["-s", socket, "-M", "0666", "-F", String(PROCESSES), "-P", pidFile];
  await run("/usr/bin/spawn-fcgi", [...flags, "--", program], {
    env: { PATH: process.env.PATH, ...options.environment },
  });
  const configuration = join(scratch, "nginx.conf");
  await writeFile(configuration, nginxConfiguration({ scratch, socket, port }));
  const nginx = spawn("/usr/sbin/nginx", ["-c", configuration, "-e", join(scratch, "error.log")], {
    stdio: "inherit",
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await stopProcess(nginx);
    for (const pid of (await readFile(pidFile, "utf8")).split(/\s+/).filter(Boolean)) {
      // MapServer handles SIGTERM only with its next request.
      process.kill(Number(pid), "SIGKILL");
    }
  };
  try {
    await eventually(`${program} responds`, async () => {
      const response = await fetch(url + options.probe);
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      return true;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

/** Connections stay open, nothing is logged, and no response is buffered in a file. */
function nginxConfiguration(options: { scratch: string; socket: string; port: number }): string {
  const { scratch, socket, port } = options;
  return `${process.getuid?.() === 0 ? "user root;" : ""}
daemon off;
worker_processes ${PROCESSES};
pid ${scratch}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path ${scratch}/body;
  fastcgi_temp_path ${scratch}/fastcgi;
  proxy_temp_path ${scratch}/proxy;
  uwsgi_temp_path ${scratch}/uwsgi;
  scgi_temp_path ${scratch}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / {
      fastcgi_pass unix:${socket};
      fastcgi_buffers 64 64k;
      fastcgi_buffer_size 64k;
      fastcgi_busy_buffers_size 128k;
      fastcgi_max_temp_file_size 0;
      fastcgi_param GATEWAY_INTERFACE CGI/1.1;
      fastcgi_param SERVER_PROTOCOL $server_protocol;
      fastcgi_param SERVER_NAME 127.0.0.1;
      fastcgi_param SERVER_PORT ${port};
      fastcgi_param HTTP_HOST $http_host;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param REQUEST_URI $request_uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param SCRIPT_NAME "";
      fastcgi_param PATH_INFO $uri;
    }
  }
}
`;
}
