/**
 * `npm run pack:gpu`: one folder with all that the GPU benchmark needs, for a Linux machine with a GPU and its driver, but
 * without Node, packages or a network: copy the archive there, unpack it, `./run`.
 *
 *   node scripts/pack-gpu.js [FOLDER]     (npm run build first; default: build/ulpwise-gpu, beside it FOLDER.tar.gz)
 *
 * ULPWISE_VULKAN_LOADER names libvulkan.so.1 where it is neither the system's nor Chromium's.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const MOST_BYTES = 60e6;

const LOADERS = [
  ...[process.env.ULPWISE_VULKAN_LOADER, '/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib64/libvulkan.so.1'],
  ...['/usr/lib/aarch64-linux-gnu/libvulkan.so.1', '/usr/lib/chromium/libvulkan.so.1'],
].filter((path) => path !== undefined);

const RUN = `#!/bin/sh
# The benchmark of ulpwise's WebGPU backend on this machine's GPU; options as those of \`npm run bench:gpu\` (--help).
# Without options: results.json and results.md beside this file. VK_DRIVER_FILES chooses another Vulkan driver.
case $0 in */*) here=$(cd "\${0%/*}" && pwd) ;; *) here=$(pwd) ;; esac
known=$( (ldconfig -p || /sbin/ldconfig -p) 2>/dev/null )
libraries=\${LD_LIBRARY_PATH-}
# The system's own libraries suit its driver; these stand in where it has none.
for library in libvulkan.so.1 libstdc++.so.6 libgcc_s.so.1; do
  case $known in
    *"$library"*) ;;
    *) [ -d "$here/lib/$library" ] && libraries=$here/lib/$library\${libraries:+:$libraries} ;;
  esac
done
if [ -n "$libraries" ]; then LD_LIBRARY_PATH=$libraries && export LD_LIBRARY_PATH; fi
if [ $# -gt 0 ]; then exec "$here/node" "$here/bench/gpu/index.js" "$@"; fi
"$here/node" "$here/bench/gpu/index.js" --json "$here/results.json" --markdown "$here/results.md" || exit $?
echo "$here/results.md"
`;

function fail(message) {
  console.error(`pack:gpu: ${message}`);
  process.exit(2);
}

/** Where the shared library stands that this process, or the Dawn module, would load. */
function libraryOf(module, name) {
  const { stdout } = spawnSync('ldd', [module], { encoding: 'utf8' });
  return new RegExp(`${name.replaceAll('.', '\\.').replaceAll('+', '\\+')} => (/\\S+)`).exec(stdout ?? '')?.[1];
}

function pack(folder) {
  const dist = join(root, 'dist');
  if (!existsSync(join(dist, 'index.js'))) fail('expected a build in dist; run npm run build');
  if (process.platform !== 'linux') fail(`expected Linux, got ${process.platform}`);
  const webgpu = dirname(createRequire(join(root, 'package.json')).resolve('webgpu'));
  const dawn = join('dist', `linux-${process.arch}`, 'dawn.node');
  const loader = LOADERS.find((path) => existsSync(path));
  if (loader === undefined) fail(`expected libvulkan.so.1 at one of ${LOADERS.join(', ')}; set ULPWISE_VULKAN_LOADER`);

  const temporary = `${folder}.new`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const to = (...path) => {
    const target = join(temporary, ...path);
    mkdirSync(dirname(target), { recursive: true });
    return target;
  };
  const bench = readdirSync(join(root, 'bench/gpu')).map((name) => join('bench/gpu', name));
  for (const name of ['bench/build.js', ...bench, 'LICENSE', 'package.json']) copyFileSync(join(root, name), to(name));
  cpSync(dist, to('dist'), { recursive: true, filter: (path) => !/\.(map|d\.ts)$/.test(path) });
  // The benchmark's modules import no other package.
  for (const name of ['index.js', 'package.json', 'LICENSE.md', dawn]) {
    copyFileSync(join(webgpu, name), to('node_modules/webgpu', name));
  }
  copyFileSync(process.execPath, to('node'));
  copyFileSync(loader, to('lib/libvulkan.so.1/libvulkan.so.1'));
  for (const name of ['libstdc++.so.6', 'libgcc_s.so.1']) {
    const path = libraryOf(join(webgpu, dawn), name);
    if (path !== undefined) copyFileSync(path, to('lib', name, name));
  }
  writeFileSync(to('run'), RUN);
  for (const name of ['run', 'node']) chmodSync(to(name), 0o755);
  rmSync(folder, { recursive: true, force: true });
  renameSync(temporary, folder);

  const archive = `${folder}.tar.gz`;
  const { status, stderr } = spawnSync('tar', ['-C', dirname(folder), '-czf', archive, basename(folder)], {
    encoding: 'utf8',
  });
  if (status !== 0) fail(`tar: ${stderr}`);
  const { size } = statSync(archive);
  if (size > MOST_BYTES) fail(`expected an archive of at most ${MOST_BYTES / 1e6} MB, got ${(size / 1e6).toFixed(1)}`);
  console.log(`${archive}: ${(size / 1e6).toFixed(1)} MB; unpack it on the machine with the GPU, and there ./run`);
}

pack(resolve(process.argv[2] ?? join(root, 'build/ulpwise-gpu')));
