import { CirclePause, CirclePlay, CircleSlash, Trash2, Undo2 } from "lucide-react";
import type { ComponentType } from "react";
import type { Step } from "../steps";

export const stepIcons: Record<Step, ComponentType<{ className?: string }>> = {
    reactivate: CirclePlay,
    "read-only": CirclePause,
    suspend: CircleSlash,
    "schedule-deletion": Trash2,
    "undo-deletion": Undo2,
};
