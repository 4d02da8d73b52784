// Where the page begins: the address says which of four pages this is. The host's two are loaded only
// by those who open them, so that a viewer's first load stays small.
import { render } from "preact";

import { drawEachFrame } from "./drawing";
import { followLanguage } from "./i18n";
import "./styles/index.css";
import { Gone } from "./views/gone";
import { Later } from "./views/later";
import { Lobby } from "./views/lobby";
import { ViewerPage } from "./views/viewer";

const ROOM_PATH = /^\/(r|host|screen)\/([A-Za-z0-9][A-Za-z0-9_-]{0,63})\/?$/;

const loadHost = () => import("./views/host/entry").then((loaded) => loaded.HostPage);
const loadScreen = () => import("./views/screen/entry").then((loaded) => loaded.ScreenPage);

function Page() {
  if (location.pathname === "/") return <Lobby />;
  const found = ROOM_PATH.exec(location.pathname);
  const roomId = found?.[2];
  if (roomId === undefined) return <Gone why="room" />;
  if (found?.[1] === "host") return <Later load={loadHost} roomId={roomId} />;
  if (found?.[1] === "screen") return <Later load={loadScreen} roomId={roomId} />;
  return <ViewerPage roomId={roomId} />;
}

drawEachFrame();
followLanguage();
const root = document.getElementById("app");
if (root !== null) render(<Page />, root);
