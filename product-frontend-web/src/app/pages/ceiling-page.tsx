import { Lock } from "lucide-react";
import { DeadEnd } from "@/components/ui/dead-end";
import { words } from "../words";

/** A page that no support session reaches, whatever its mode. */
export function CeilingPage() {
    return <DeadEnd title={words.ceiling.title} icon={<Lock />} reason={words.ceiling.never} text={words.ceiling.text} />;
}
