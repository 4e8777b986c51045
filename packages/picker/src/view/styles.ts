/** Every text colour has a contrast of at least 4.5:1 in both schemes. The README lists the custom properties. */
export const CSS = `
:host{display:block;box-sizing:border-box;inline-size:min(380px,100%);min-inline-size:0;max-inline-size:100%;block-size:520px;
contain:inline-size;contain-intrinsic-inline-size:min(380px,100vw - 16px);color-scheme:light dark;
--cell:var(--sotto-cell-size,80px);
--accent:var(--sotto-accent,light-dark(#4a3fb5,#b9b1ff));
--on-accent:var(--sotto-on-accent,light-dark(#fff,#17132e));
--ground:var(--sotto-background,light-dark(#fff,#1b1a22));
--raised:var(--sotto-raised,light-dark(#f4f3f8,#272631));
--ink:var(--sotto-color,light-dark(#1f1d2b,#f0eff6));
--quiet:var(--sotto-quiet,light-dark(#5b5870,#b3b0c6));
--line:var(--sotto-border,light-dark(#e2e0ec,#37353f));
--warn:light-dark(#fff5e0,#3a2f17);--on-warn:light-dark(#5f4100,#ffdf9e);
font:var(--sotto-font,400 14px/1.4 system-ui,sans-serif)}
:host([hidden]){display:none}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
*{box-sizing:border-box}
[hidden]{display:none!important}
button,input{font:inherit;color:inherit;margin:0}
button{background:none;border:0;padding:0;cursor:pointer}
p{margin:0}
picture{display:contents}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.picker{container-type:inline-size;position:relative;display:flex;flex-direction:column;block-size:100%;overflow:hidden;background:var(--ground);color:var(--ink);
border:1px solid var(--line);border-radius:var(--sotto-radius,16px)}
.icon{inline-size:20px;block-size:20px;flex:none;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}
.top{display:flex;gap:8px;padding:12px 12px 8px}
.box{flex:1;min-inline-size:0;display:flex;align-items:center;gap:8px;padding-inline:12px 4px;block-size:42px;background:var(--raised);border:1px solid transparent;border-radius:12px;color:var(--quiet)}
.box:focus-within{border-color:var(--accent);box-shadow:0 0 0 1px var(--accent)}
input,input:focus-visible{outline:0}
input{flex:1;min-inline-size:0;block-size:100%;background:none;border:0;font-size:16px;color:var(--ink)}
input::placeholder{color:var(--quiet);opacity:1}
.clear,.tone,.star{display:grid;place-items:center;inline-size:32px;block-size:32px;border-radius:10px;color:var(--quiet)}
.tone{inline-size:42px;block-size:42px;background:var(--raised);border-radius:12px}
.clear:hover,.star:hover{background:var(--line)}
.dot{inline-size:20px;block-size:20px;border-radius:50%;box-shadow:inset 0 0 0 1px #0003}
.tones{position:absolute;z-index:2;inset-inline-end:12px;inset-block-start:60px;display:flex;padding:6px;gap:2px;background:var(--ground);border:1px solid var(--line);border-radius:14px;box-shadow:0 8px 28px #0003}
.tones button{display:grid;place-items:center;inline-size:36px;block-size:36px;border-radius:10px}
.tones button:hover{background:var(--raised)}
.tones [aria-checked=true]{background:var(--raised);box-shadow:inset 0 0 0 2px var(--accent)}
.mode{display:flex;flex-direction:column;gap:6px;padding:0 12px 10px}
.switch{display:grid;grid-template-columns:1fr 1fr;padding:3px;border-radius:12px;background:var(--raised)}
.half{display:flex;align-items:center;justify-content:center;gap:6px;min-block-size:30px;padding-inline:6px;border-radius:9px;color:var(--quiet);font-weight:500;transition:background-color .15s}
.half .icon{inline-size:16px;block-size:16px}
.half.on{background:var(--accent);color:var(--on-accent)}
.means{font-size:12px;color:var(--quiet);min-block-size:2.8em}
.tabs{display:flex;padding-inline:8px;border-block-end:1px solid var(--line);overflow-x:auto;scrollbar-width:none;flex:none}
.tab{position:relative;flex:1 0 24px;display:grid;place-items:center;block-size:38px;color:var(--quiet);border-radius:8px 8px 0 0}
.tab:hover{color:var(--ink)}
.tab:focus-visible{outline-offset:-2px}
.tab[aria-selected=true]{color:var(--accent)}
.tab[aria-selected=true]::after{content:"";position:absolute;inset-inline:15%;inset-block-end:0;block-size:3px;border-radius:3px 3px 0 0;background:var(--accent)}
.heading{display:flex;flex-wrap:wrap;gap:0 8px;align-items:baseline;padding:8px 14px 4px;font-weight:600;font-size:13px}
.heading span{font-weight:400;color:var(--quiet)}
.searching .heading{border-block-end:1px solid var(--line);padding-block:9px}
.panel{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:0 8px 8px;scrollbar-width:thin;position:relative}
.busy .panel::before{content:"";position:sticky;display:block;inset-block-start:0;block-size:2px;margin-inline:-8px;z-index:1;background:linear-gradient(90deg,transparent,var(--accent),transparent) 0 0/40% 100% no-repeat;animation:run 1s linear infinite}
.dialog{position:absolute;inset:0;z-index:3;display:flex;flex-direction:column;align-items:center;justify-content:center;gap:12px;padding:20px;background:var(--ground);text-align:center;overflow:auto}
.dialog .clear{position:absolute;inset-block-start:12px;inset-inline-end:12px}
.dialog .actions{justify-content:center}
.poster{display:grid;place-items:center;inline-size:min(200px,60%);aspect-ratio:1;flex:none}
.poster .art{inline-size:100%;block-size:100%}
.poster .glyph{font-size:120px}
.choice{display:flex;flex-wrap:wrap;justify-content:center;gap:2px;max-block-size:132px;overflow-y:auto;flex:none}
.choice button{display:grid;place-items:center;inline-size:44px;block-size:44px;border-radius:10px}
.choice button:hover{background:var(--raised)}
.choice [aria-checked=true]{background:var(--raised);box-shadow:inset 0 0 0 2px var(--accent)}
.choice .art{inline-size:36px;block-size:36px}
.choice .glyph{font-size:28px}
@keyframes run{from{background-position:-60% 0}to{background-position:160% 0}}
.grid{padding-block-start:6px}
.row{display:grid;grid-template-columns:repeat(var(--columns,4),1fr)}
.row{content-visibility:auto;contain-intrinsic-block-size:auto var(--cell)}
.slot{display:grid;place-items:center}
.cell{position:relative;display:grid;place-items:center;inline-size:100%;block-size:var(--cell);border-radius:12px}
.cell:hover,.cell:focus-visible{background:var(--raised)}
.cell:active{background:var(--line)}
.cell:focus-visible{outline-offset:-2px}
.cell .art{inline-size:calc(var(--cell)*.8);block-size:calc(var(--cell)*.8);transition:transform .12s}
.cell:hover .art{transform:scale(1.06)}
.glyph{font-size:calc(var(--cell)*.56);line-height:1}
.cell.favourite::after{content:"";position:absolute;inset-block-start:4px;inset-inline-end:4px;inline-size:7px;block-size:7px;border-radius:50%;background:var(--accent)}
.more{display:block;margin:8px auto;}
.button{padding:8px 14px;border:1px solid var(--line);border-radius:10px;background:var(--ground);font-weight:500;color:var(--accent)}
.button:hover{background:var(--raised)}
.button.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.actions{display:flex;flex-wrap:wrap;gap:8px}
.actions:empty{display:none}
.message{min-block-size:100%;display:grid}
.message>*{min-inline-size:0}
.state{display:flex;flex-direction:column;align-items:center;justify-content:center;gap:10px;padding:16px 24px;text-align:center}
.state .actions{justify-content:center;margin-block-start:4px}
.badge{display:grid;place-items:center;inline-size:56px;block-size:56px;border-radius:50%;background:var(--raised);color:var(--accent)}
.badge .icon{inline-size:28px;block-size:28px}
.title{font-weight:600;font-size:15px;overflow-wrap:anywhere}
.hint{color:var(--quiet);max-inline-size:36ch;text-wrap:pretty}
.notice{display:flex;gap:10px;margin:8px 4px;padding:10px 12px;border-radius:12px;background:var(--warn);color:var(--on-warn);font-size:13px}
.notice .hint{color:inherit;max-inline-size:none}
.notice .actions{margin-block-start:8px}
.toolbar{padding:8px 4px}
.skeleton{display:grid;align-content:start;grid-template-columns:repeat(auto-fill,minmax(var(--cell),1fr));gap:6px;padding-block:6px}
.skeleton span{aspect-ratio:1;border-radius:12px;background:var(--raised);animation:breathe 1.2s ease-in-out infinite alternate}
@keyframes breathe{to{opacity:.45}}
.preview{display:flex;align-items:center;gap:10px;block-size:60px;flex:none;padding-inline:12px;border-block-start:1px solid var(--line);background:var(--ground)}
.large{display:grid;place-items:center;inline-size:40px;block-size:40px;flex:none}
.large:empty{display:none}
.large .art{inline-size:40px;block-size:40px}
.large .glyph{font-size:28px}
.words{flex:1;min-inline-size:0;display:flex;flex-direction:column}
.name,.detail{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.name{font-weight:600}
.name::first-letter{text-transform:uppercase}
.name.hint,.detail{font-weight:400;color:var(--quiet)}
.detail{font-size:12px}
.star[aria-pressed=true]{color:var(--accent)}
.star[aria-pressed=true] .icon{fill:currentColor}
.live{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (hover:none){.preview{display:none}}
@container (max-width:320px){.half{padding-inline:2px;font-size:13px}.half .icon{display:none}}
@media (max-width:560px) and (max-height:759px){.preview,.searching .means{display:none}.top{padding-block:8px}.mode{padding-block-end:8px}}
@media (prefers-reduced-motion:reduce){*,::before{animation:none!important;transition:none!important}.cell:hover .art{transform:none}.busy .panel::before{background:var(--accent)}}
@media (forced-colors:active){.half.on,.tab[aria-selected=true],.button.primary{forced-color-adjust:none;background:Highlight;color:HighlightText}.cell:hover,.cell:focus-visible{outline:2px solid Highlight}}
`;
