// Where the page begins: the address says which of three pages this is.
import { render } from "preact";

import { followLanguage } from "./i18n";
import "./styles/index.css";
import { HostPage } from "./views/host/page";
import { Lobby } from "./views/lobby";
import { Gone } from "./views/gone";
import { ViewerPage } from "./views/viewer";

const ROOM_PATH = /^\/(r|host)\/([A-Za-z0-9][A-Za-z0-9_-]{0,63})\/?$/;

function Page() {
  if (location.pathname === "/") return <Lobby />;
  const found = ROOM_PATH.exec(location.pathname);
  const roomId = found?.[2];
  if (roomId === undefined) return <Gone why="room" />;
  return found?.[1] === "host" ? <HostPage roomId={roomId} /> : <ViewerPage roomId={roomId} />;
}

followLanguage();
const root = document.getElementById("app");
if (root !== null) render(<Page />, root);
