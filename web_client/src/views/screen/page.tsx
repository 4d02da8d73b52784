// The live data screen: a wall display of how the show is going.
import { Gone } from "../gone";

export function ScreenPage({ roomId }: { roomId: string }) {
  return <Gone why="host" roomId={roomId} />;
}
