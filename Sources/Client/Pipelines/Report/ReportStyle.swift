/// The style sheet of the report, for light and dark screens and for print.
enum ReportStyle {
  /// The sheet.
  static let sheet: Markup = """
    :root { color-scheme: light dark; --page: #fbfbfa; --card: #ffffff; --text: #1c1f24;
      --muted: #667080; --line: #e3e5e9; --main: #0f766e; --second: #7c6fd0; --rest: #b7bfca;
      --warm: #d97706; --bad: #c2410c; --good: #0f766e; --soft: #eef4f3; --sure: #ef9a72;
      --modest: #f2cf74; }
    @media (prefers-color-scheme: dark) {
      :root { --page: #14171b; --card: #1c2026; --text: #e7e9ec; --muted: #98a2b0;
        --line: #2f353e; --main: #2dbfae; --second: #a79bf2; --rest: #566070; --warm: #f2a33c;
        --bad: #fb8a5c; --good: #2dbfae; --soft: #1d2b2b; --sure: #b9603a;
        --modest: #8d7433; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--text);
      font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
    main { max-width: 1120px; margin: 0 auto; padding: 36px 24px 60px; }
    h1 { font-size: 27px; line-height: 1.25; margin: 4px 0 8px; letter-spacing: -0.01em; }
    h2 { font-size: 18px; margin: 0 0 4px; }
    p { margin: 4px 0 12px; max-width: 78ch; }
    .kicker { color: var(--main); font-size: 13px; font-weight: 600; letter-spacing: 0.04em; }
    .muted, figcaption, .note { color: var(--muted); }
    .note, figcaption { font-size: 13.5px; }
    section { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
      padding: 20px 22px; margin-top: 18px; }
    .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr));
      gap: 18px; align-items: stretch; }
    .pair > section { min-width: 0; }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr));
      gap: 14px; margin-top: 20px; }
    .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
      padding: 14px 18px; }
    .card .name { color: var(--muted); font-size: 13px; }
    .card .from { color: var(--muted); font-size: 16px; font-variant-numeric: tabular-nums; }
    .card .value { font-size: 27px; font-weight: 650; font-variant-numeric: tabular-nums; }
    .card .delta { font-size: 13.5px; }
    .good { color: var(--good); } .bad { color: var(--bad); }
    figure { margin: 6px 0 0; }
    svg.plot { width: 100%; height: auto; display: block; }
    svg.plot text { fill: var(--text); font-size: 12.5px; font-family: inherit; }
    svg.plot text.tick { fill: var(--muted); font-size: 12px; }
    svg.plot text.title { fill: var(--muted); font-size: 12.5px; }
    .grid { stroke: var(--line); } .axis { stroke: var(--muted); }
    .dashed { stroke-dasharray: 5 4; } .thin { stroke-width: 1.3; }
    line.line-main, polyline.line-main { stroke: var(--main); stroke-width: 2.4; fill: none; }
    line.line-second, polyline.line-second { stroke: var(--second); stroke-width: 2; fill: none; }
    line.thin { stroke-width: 1.3; }
    .dot-main { fill: var(--main); } .dot-second { fill: var(--second); }
    line.chosen { stroke: var(--warm); stroke-width: 7; stroke-opacity: 0.3; }
    line.ideal { stroke: var(--muted); stroke-width: 1.5; }
    line.bound { stroke: var(--warm); stroke-width: 2.2; }
    .bar-main { fill: var(--main); } .bar-rest { fill: var(--rest); }
    .bar-second { fill: var(--second); } .over { fill-opacity: 0.62; }
    .too-sure { fill: var(--sure); } .too-modest { fill: var(--modest); }
    .pale { opacity: 0.4; } .band { fill: var(--main); opacity: 0.16; }
    line.level { stroke: var(--text); stroke-width: 1.6; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: 14px;
      font-variant-numeric: tabular-nums; }
    th { text-align: left; font-weight: 600; color: var(--muted); font-size: 13px;
      vertical-align: bottom; }
    th, td { padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); }
    td { vertical-align: top; }
    tr:last-child td { border-bottom: none; }
    td.number, th.number { text-align: right; white-space: nowrap; }
    td.text { overflow-wrap: anywhere; min-width: 260px; }
    td.share { min-width: 150px; }
    .track { display: inline-block; vertical-align: middle; height: 9px; border-radius: 4px;
      background: var(--main); min-width: 1px; }
    .was { color: var(--muted); }
    .tag { display: inline-block; background: var(--soft); border-radius: 6px; padding: 0 8px;
      white-space: nowrap; }
    code, pre { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace;
      font-size: 13px; }
    pre { background: var(--soft); border-radius: 8px; padding: 12px 14px; overflow-x: auto; }
    td code { overflow-wrap: anywhere; }
    ul { margin: 6px 0 10px; padding-left: 20px; }
    footer { margin-top: 26px; font-size: 13px; color: var(--muted); }
    @media print { section, .card { break-inside: avoid; } body { font-size: 12px; } }
    """
}
