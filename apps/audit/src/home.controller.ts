import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

/** One page of links for people who open the address in a browser. */
@ApiExcludeController()
@Controller()
export class HomeController {
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return PAGE;
  }
}

const PAGE = `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pactwatch</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}dt{margin-top:1rem}dd{margin:0}</style>
<h1>Pactwatch</h1>
<p>服务合同履约监测。<span lang="en">Compliance monitor for service contracts.</span></p>
<dl>
<dt><a href="/v1/breaches">/v1/breaches</a></dt>
<dd>违约行为。<span lang="en">Breaches.</span></dd>
<dt><a href="/v1/verdicts?state=running&amp;sort=dueAt">/v1/verdicts?state=running&amp;sort=dueAt</a></dt>
<dd>接下来到期的义务。<span lang="en">What falls due next.</span></dd>
<dt><a href="/v1/contracts">/v1/contracts</a></dt>
<dd>合同。<span lang="en">Contracts.</span></dd>
<dt><a href="/v1/quarantine">/v1/quarantine</a></dt>
<dd>无法认定的事件。<span lang="en">Events that could not be judged.</span></dd>
<dt><a href="/docs">/docs</a></dt>
<dd>接口说明（OpenAPI）。<span lang="en">The interface (OpenAPI).</span></dd>
<dt><a href="/health/ready">/health/ready</a> · <a href="/metrics">/metrics</a></dt>
<dd>运行状态与指标。<span lang="en">Health and metrics.</span></dd>
</dl>
</html>
`;
